import { describe, expect, it } from '@jest/globals';
import { createPond, memoryStore, returnState, staticKey, Task, taskInputHash } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { tieredStore } from '../../lib/stores/tiered-store.js';
import { closing, temporaryPath } from './on-disk.js';

let runs = 0;

/** One program's pond: its own store over the file. */
function program(path: string, namespace?: string) {
  return createPond({ store: closing(sqliteStore({ path })), namespace, logLevel: 'silent' });
}

class Reports {
  @Task({ cacheKeyFn: taskInputHash, identity: 'reports.total' }) total(year: number): Map<string, Date> {
    runs++;
    return new Map([[`total ${year}`, new Date(year, 0)]]);
  }

  @Task({ cacheKeyFn: taskInputHash, identity: 'reports.fetch' }) async fetch(
    year: number,
  ): Promise<{ year: number; run: number }> {
    runs++;
    await new Promise((resolve) => setImmediate(resolve));
    return { year, run: runs };
  }

  @Task({ cacheKeyFn: taskInputHash, identity: 'reports.odd' }) async odd(): Promise<object> {
    runs++;
    return { deep: [() => 1] };
  }

  @Task({ cacheKeyFn: taskInputHash, identity: 'reports.fails' }) async fails(): Promise<never> {
    runs++;
    throw new Error('no report');
  }
}

class Newer {
  @Task({ cacheKeyFn: taskInputHash, identity: 'reports.total', version: '2' }) total(year: number): number {
    return year;
  }
}

describe('a pond over SQLite', () => {
  it('keeps synchronous methods synchronous, and finds their values in the next program', () => {
    const path = temporaryPath();
    runs = 0;
    const first = program(path).bind(new Reports()).total(2026);
    const pond = program(path);
    expect(pond.bind(new Reports()).total(2026)).toEqual(first);
    expect(first.get('total 2026')).toEqual(new Date(2026, 0));
    expect(runs).toBe(1);
    const { cache } = returnState(pond.bind(new Reports())).total(2026);
    expect(cache).toMatchObject({ status: 'hit', store: 'sqlite', origin: { taskRunName: expect.any(String) } });
  });

  it('computes at once what another program had under way when it was closed', async () => {
    const path = temporaryPath();
    class Night {
      @Task({ cacheKeyFn: staticKey('report'), lease: '10m' }) async report(
        run: () => Promise<string>,
      ): Promise<string> {
        return run();
      }
    }
    const [first, second] = [program(path), program(path)];
    let finish: (report: string) => void = () => {};
    let old: Promise<string> | undefined;
    await new Promise<void>((began) => {
      old = first.bind(new Night()).report(() => {
        began();
        return new Promise((resolve) => {
          finish = resolve;
        });
      });
    });
    await first.close();
    const state = await returnState(second.bind(new Night())).report(async () => 'new');
    expect(state.cache).toMatchObject({ reason: 'not-stored', detail: expect.stringContaining('its pond was closed') });
    finish('old');
    expect(await old).toBe('old');
    expect(await second.bind(new Night()).report(async () => 'newer')).toBe('new');
  });

  it('runs an asynchronous task once for two programs that call it at the same moment', async () => {
    const path = temporaryPath();
    runs = 0;
    const services = [program(path), program(path)].map((pond) => pond.bind(new Reports()));
    const calls = services.flatMap((service) => Array.from({ length: 20 }, () => service.fetch(1)));
    expect(new Set((await Promise.all(calls)).map(({ run }) => run))).toEqual(new Set([1]));
    expect(runs).toBe(1);
  });

  it('keeps namespaces apart', () => {
    const path = temporaryPath();
    runs = 0;
    for (const namespace of [undefined, 'blue', 'green', 'blue']) program(path, namespace).bind(new Reports()).total(1);
    expect(runs).toBe(3);
  });

  it('says that the version has changed', () => {
    const path = temporaryPath();
    program(path).bind(new Reports()).total(1);
    const state = returnState(program(path).bind(new Newer())).total(1);
    expect(state.cache).toMatchObject({ status: 'miss', reason: 'version-changed', detail: 'stored under no version' });
  });

  it('gives a value that cannot be written to its caller, stores nothing, and says where it is', async () => {
    const pond = program(temporaryPath());
    const state = await returnState(pond.bind(new Reports())).odd();
    expect([state.name, state.cache?.reason]).toEqual(['Completed', 'not-stored']);
    expect(state.cache?.detail).toContain('deep[0]');
  });

  it('stores no failure, and leaves no lease for the next call to wait for', async () => {
    const service = program(temporaryPath()).bind(new Reports());
    runs = 0;
    for (let i = 0; i < 3; i++) await expect(service.fails()).rejects.toThrow('no report');
    expect(runs).toBe(3);
    expect((await returnState(service).fails()).cache).toMatchObject({
      reason: 'not-stored',
      detail: 'its last run ended Failed',
    });
  });

  it('may have memory in front of it', async () => {
    const path = temporaryPath();
    const pond = createPond({ store: closing(tieredStore(memoryStore(), sqliteStore({ path }))), logLevel: 'silent' });
    runs = 0;
    const service = pond.bind(new Reports());
    const [one, two] = [await service.fetch(1), await service.fetch(1)];
    expect(two).toBe(one);
    expect(service.total(1)).toBe(service.total(1));
    expect(await program(path).bind(new Reports()).fetch(1)).toEqual(one);
    expect(runs).toBe(2);
  });
});
