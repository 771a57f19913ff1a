import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Deadline } from '../base/deadlines.js';
import { NestSetupError } from '../base/errors.js';
import type { PondRuntime } from '../pond/pond-runtime.js';
import type { StateStore } from '../stores/store.js';
import { KeyScope, StoreKey } from '../stores/store-key.js';
import { ApplicationPonds } from './application-ponds.js';

/** How a pond's stores are, in the shape that `@nestjs/terminus` reads. */
export type FlowpondHealth<Key extends string = 'flowpond'> = Record<
  Key,
  {
    /** `degraded`: a store does not answer, and tasks run without it. `down`: they fail, as `onStoreError: 'fail'` asks. */
    readonly status: 'up' | 'degraded' | 'down';
    /** By the store's name. */
    readonly stores: Readonly<Record<string, 'up' | 'down'>>;
  }
>;

/** What {@link FlowpondHealthIndicator.isHealthy} takes. */
export interface FlowpondHealthOptions {
  /** The name of the pond. Default: the default one. */
  readonly pond?: string | undefined;
}

/** Asks the stores of a pond whether they answer. For `HealthCheckService` of `@nestjs/terminus` 12, which it does not need. */
@Injectable()
export class FlowpondHealthIndicator {
  readonly #ponds: ApplicationPonds;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#ponds = ApplicationPonds.of(modules);
  }

  /** Reads a key that nobody has from each store; one that throws, or says nothing within the pond's `storeTimeout`, is down. */
  async isHealthy<Key extends string = 'flowpond'>(
    key: Key = 'flowpond' as Key,
    { pond }: FlowpondHealthOptions = {},
  ): Promise<FlowpondHealth<Key>> {
    const runtime = this.#ponds.place(pond)?.runtime;
    if (runtime === undefined) throw unknownPond(pond, this.#ponds.names);
    const stores: Record<string, 'up' | 'down'> = {};
    await Promise.all(
      runtime.allStores().map(async (store) => {
        const answered = await answers(store, runtime);
        stores[store.name] = answered && stores[store.name] !== 'down' ? 'up' : 'down';
      }),
    );
    const broken = Object.values(stores).includes('down');
    const status = !broken ? 'up' : runtime.onStoreError === 'fail' ? 'down' : 'degraded';
    return { [key]: { status, stores } } as FlowpondHealth<Key>;
  }
}

async function answers(store: StateStore, runtime: PondRuntime): Promise<boolean> {
  const key = new StoreKey(new KeyScope('flowpond health', undefined, runtime.namespace), 'health');
  let deadline: Deadline | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      deadline = runtime.deadlines.start(runtime.storeTimeoutMs, () => resolve(false));
      Promise.resolve(store.get(key)).then(() => resolve(true), reject);
    });
  } catch {
    return false;
  } finally {
    deadline?.end();
  }
}

function unknownPond(name: string | undefined, known: readonly string[]): NestSetupError {
  const asked = name === undefined ? 'isHealthy()' : `isHealthy(key, { pond: '${name}' })`;
  return new NestSetupError(
    `FlowpondHealthIndicator.${asked}: the application has no such pond. It has ${known.join(', ') || 'none'}.`,
    ['Correct the name.', 'Import FlowpondModule.forRoot with this name.'],
  );
}
