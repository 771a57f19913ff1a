import { describe, expect, it } from '@jest/globals';
import { returnState, SyncTaskError, submit, Task, task, taskInputHash, withOptions } from '../../lib/index.js';
import { AsyncStore, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** What a call did at once: gave a value, a promise, or threw. */
function atOnce(call: () => unknown): { gave?: unknown; promise?: Promise<unknown>; threw?: unknown } {
  try {
    const answer = call();
    return answer instanceof Promise ? { promise: answer } : { gave: answer };
  } catch (threw) {
    return { threw };
  }
}

describe('a synchronous task', () => {
  it('gives its value at once when it runs, when it hits and when it is refreshed', () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) square(x: number) {
        bodies++;
        return x * x;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(service.square(3)).toBe(9);
    expect(service.square(3)).toBe(9);
    expect(bodies).toBe(1);
    expect(withOptions(service, { refreshCache: true }).square(3)).toBe(9);
    expect(bodies).toBe(2);
    expect(returnState(service).square(3).name).toBe('Cached');
  });

  it('throws at once', () => {
    const error = new RangeError('negative');
    class Service {
      @Task({ cacheKeyFn: taskInputHash, retries: 1 }) root(): number {
        throw error;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(atOnce(() => service.root())).toEqual({ threw: error });
    expect(atOnce(() => service.root())).toEqual({ threw: error });
  });

  it('stays synchronous in a pond with an asynchronous store, as long as it is not cached', () => {
    class Service {
      @Task() add(a: number, b: number) {
        return a + b;
      }
    }
    const service = pondUnderTest({ store: new AsyncStore() }).bind(new Service());
    expect(atOnce(() => service.add(1, 2))).toEqual({ gave: 3 });
    expect(atOnce(() => service.add(1, 2))).toEqual({ gave: 3 });
  });

  it('may recurse with other inputs', () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) fib(n: number): number {
        bodies++;
        return n < 2 ? n : this.fib(n - 1) + this.fib(n - 2);
      }
    }
    expect(pondUnderTest().bind(new Service()).fib(40)).toBe(102334155);
    expect(bodies).toBe(41);
  });

  it('is given its stored value as a promise where an earlier run of the same method was asynchronous', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work(later: boolean): unknown {
        return later ? Promise.resolve('later') : 'now';
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(atOnce(() => service.work(false))).toEqual({ gave: 'now' });
    expect(await atOnce(() => service.work(true)).promise).toBe('later');
    // Its last run answered later: from now on it always does.
    expect(await atOnce(() => service.work(false)).promise).toBe('now');
    expect(await atOnce(() => service.work(true)).promise).toBe('later');
  });
});

describe('what a synchronous task cannot have', () => {
  it('is refused at decoration where the return type tells that it is synchronous', () => {
    expect(() => {
      class Service {
        // @ts-expect-error a synchronous method cannot have a timeout
        @Task({ timeout: '1s' }) work(): number {
          return 1;
        }
      }
      return Service;
    }).toThrow(SyncTaskError);
  });

  it.each([
    ['timeout', { timeout: '1s' }],
    ['concurrency', { concurrency: 2 }],
    ['retryDelay', { retries: 1, retryDelay: '1s' }],
  ])('is refused when it is first seen to answer at once: %s', async (option, options) => {
    const twin = task((x: number): unknown => x, { name: 'twin', ...options } as object) as (x: number) => unknown;
    const pond = pondUnderTest();
    const first = atOnce(() => pond.run(() => twin(1)));
    expect(first.threw).toBeInstanceOf(SyncTaskError);
    expect(String((first.threw as Error).message)).toContain(option);
    // The second time it is known, and the body does not run.
    expect(pond.stats().runs).toBe(1);
    expect(atOnce(() => pond.run(() => twin(1))).threw).toBeInstanceOf(SyncTaskError);
    expect(pond.stats().runs).toBe(1);
  });

  it('is an asynchronous key function: told at the first answer, thrown at once from then on', async () => {
    class Service {
      @Task({ cacheKeyFn: (async () => 'key') as never }) work() {
        return 1;
      }
    }
    const service = pondUnderTest().bind(new Service());
    await expect(atOnce(() => service.work()).promise).rejects.toThrow(SyncTaskError);
    expect(atOnce(() => service.work()).threw).toBeInstanceOf(SyncTaskError);
    const state = await returnState(service).work();
    expect([state.name, state.isCrashed()]).toEqual(['Crashed', true]);
    const future = submit(service).work();
    expect((await future.wait()).name).toBe('Crashed');
  });

  it('is a rejecting key function, whose rejection is nobody else’s business', async () => {
    class Service {
      @Task({ cacheKeyFn: (async () => Promise.reject(new Error('no key'))) as never }) work() {
        return 1;
      }
    }
    const service = pondUnderTest().bind(new Service());
    await expect(atOnce(() => service.work()).promise).rejects.toThrow(SyncTaskError);
    expect(atOnce(() => service.work()).threw).toBeInstanceOf(SyncTaskError);
  });

  it('is an asynchronous store: told at the first answer, thrown at once from then on', async () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work() {
        bodies++;
        return 1;
      }
    }
    const service = pondUnderTest({ store: new AsyncStore() }).bind(new Service());
    await expect(atOnce(() => service.work()).promise).rejects.toThrow(/its store 'later' answers later/);
    expect(atOnce(() => service.work()).threw).toBeInstanceOf(SyncTaskError);
    expect(bodies).toBe(1);
  });
});

describe('an asynchronous task', () => {
  it('answers with a promise where it is not async by name, but returns one', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work(x: number) {
        return Promise.resolve(x);
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await atOnce(() => service.work(1)).promise).toBe(1);
    expect(await atOnce(() => service.work(1)).promise).toBe(1);
  });

  it('never throws at once where its type says Promise, though its body does', async () => {
    const error = new Error('at once');
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work(): Promise<number> {
        throw error;
      }
    }
    const service = pondUnderTest().bind(new Service());
    await expect(atOnce(() => service.work()).promise).rejects.toBe(error);
  });

  it('always answers with a promise with async: true, though the body and the store answer at once', async () => {
    const twin = task((x: number) => x * 2, { name: 'twin', async: true, cacheKeyFn: taskInputHash });
    for (const options of [{}, { store: new AsyncStore() }]) {
      const pond = pondUnderTest(options);
      for (let i = 0; i < 3; i++) expect(await atOnce(() => pond.run(() => twin(4))).promise).toBe(8);
      expect(pond.stats().hits).toBe(2);
    }
  });

  it('never throws at once, whatever its key function, hooks, store or signal do', async () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const store = new AsyncStore();
    store.get = boom;
    class Service {
      @Task({ cacheKeyFn: boom, onRunning: boom, onCompletion: boom }) async keyless() {
        return 1;
      }
      @Task({ cacheKeyFn: taskInputHash, store }) async storeless() {
        return 2;
      }
      @Task({ cacheKeyFn: taskInputHash, store: 'unknown' }) async nowhere() {
        return 3;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await atOnce(() => service.keyless()).promise).toBe(1);
    expect(await atOnce(() => service.storeless()).promise).toBe(2);
    await expect(atOnce(() => service.nowhere()).promise).rejects.toThrow('names no store of the pond');
    const stopped = withOptions(service, { signal: AbortSignal.abort() });
    await expect(atOnce(() => stopped.keyless()).promise).rejects.toThrow('cancelled');
    const failing = pondUnderTest({ onStoreError: 'fail' });
    await expect(atOnce(() => failing.run(() => service.storeless())).promise).rejects.toThrow('boom');
  });

  it('takes a thenable that is no promise for what it is', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) query(): PromiseLike<string> {
        return {
          then: (yes: ((rows: string) => unknown) | null | undefined) => Promise.resolve(yes?.('rows')),
        } as PromiseLike<string>;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await service.query()).toBe('rows');
    expect(await service.query()).toBe('rows');
  });

  it('fails where reading `then` of what it returned throws, and leaves nothing behind', async () => {
    const hostile = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('do not look');
      },
    });
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work() {
        return hostile;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect((atOnce(() => service.work()).threw as Error).message).toBe('do not look');
    await flush();
  });
});
