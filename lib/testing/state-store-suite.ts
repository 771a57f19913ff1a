import { expirySpecs } from './store-suite/expiry-specs.js';
import { type MakeStore, type StateStoreSuiteOptions, specsOf } from './store-suite/fixture.js';
import { holdBackSpecs } from './store-suite/hold-back-specs.js';
import { invalidationSpecs } from './store-suite/invalidation-specs.js';
import { leaseSpecs } from './store-suite/lease-specs.js';
import { recordSpecs } from './store-suite/record-specs.js';
import { sharingSpecs } from './store-suite/sharing-specs.js';
import { specApi } from './store-suite/spec-api.js';

export type { MakeStore, StateStoreSuiteOptions } from './store-suite/fixture.js';
export type { Assertions, SpecApi } from './store-suite/spec-api.js';

/**
 * The specs that every `StateStore` passes: records, expiry, generations, leases, the fence, invalidation, stale values, holding back,
 * namespaces, odd names, closing. Call it at the top of a spec file of Jest or Vitest:
 *
 * ```ts
 * describeStateStore('my store', () => myStore({ … }), { api: { describe, it, expect } });
 * ```
 *
 * `makeStore` is called once per spec and may give a store over a backend that others use: every spec has keys and namespaces of its
 * own. The suite closes what it was given. Throws `InvalidOptionsError` where it finds no test runner.
 */
export function describeStateStore(name: string, makeStore: MakeStore, options: StateStoreSuiteOptions = {}): void {
  const api = specApi(options.api);
  const it = specsOf(api, makeStore, options);
  api.describe(`${name} keeps the contract of stores:`, () => {
    recordSpecs(api, it, options.values);
    leaseSpecs(api, it);
    invalidationSpecs(api, it, options);
    expirySpecs(api, it);
    holdBackSpecs(api, it);
    if (options.another !== undefined) sharingSpecs(api, it, options.another);
  });
}
