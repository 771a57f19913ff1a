import { describe, expect, it } from '@jest/globals';
import { Flow, returnState, SelfWaitError, staticKey, Task, taskInputHash } from '../../lib/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest, stateNames } from './pond-under-test.js';

nothingIsLeft();

describe('a task that waits for itself', () => {
  it('fails with an error that names the chain, and nothing hangs', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async outer(x: number): Promise<number> {
        return this.middle(x);
      }
      @Task() async middle(x: number): Promise<number> {
        return this.inner(x);
      }
      @Task({ cacheKeyFn: taskInputHash }) async inner(x: number): Promise<number> {
        return this.outer(x);
      }
    }
    const service = pondUnderTest().bind(new Service());
    const error = await service.outer(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SelfWaitError);
    expect((error as SelfWaitError).chain).toEqual([
      'Service.outer',
      'Service.middle',
      'Service.inner',
      'Service.outer',
    ]);
  });

  it('may catch the error and go on', async () => {
    class Service {
      @Task({ cacheKeyFn: staticKey('one') }) async work(depth: number): Promise<string> {
        try {
          return await this.work(depth + 1);
        } catch (error) {
          return `caught ${(error as Error).name} at ${depth}`;
        }
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await service.work(0)).toBe('caught SelfWaitError at 0');
    expect(await service.work(5)).toBe('caught SelfWaitError at 0');
  });

  it('is named in a synchronous task too, instead of an endless recursion', () => {
    class Service {
      @Task({ cacheKeyFn: staticKey('one') }) work(depth: number): number {
        return this.work(depth + 1);
      }
    }
    const pond = pondUnderTest();
    const pondStates = stateNames(pond);
    const service = pond.bind(new Service());
    expect(() => service.work(0)).toThrow(SelfWaitError);
    const outer = returnState(service).work(0);
    expect([outer.name, pondStates.at(-2)]).toEqual(['Failed', 'Crashed']); // the inner call could not be made
  });

  it('is named over an asynchronous store, with an asynchronous key, and for a cached flow', async () => {
    class Service {
      @Task({ cacheKeyFn: async () => 'key' }) async work(): Promise<number> {
        return this.nightly();
      }
      @Flow({ cacheKeyFn: () => 'nightly' }) async nightly(): Promise<number> {
        return this.work();
      }
    }
    const service = pondUnderTest({ store: new AsyncStore() }).bind(new Service());
    await expect(service.work()).rejects.toThrow('Service.work -> Service.nightly -> Service.work');
    await expect(service.nightly()).rejects.toThrow('Service.nightly -> Service.work -> Service.nightly');
  });

  it('is not one that calls itself with other inputs', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async countdown(n: number): Promise<number> {
        return n === 0 ? 0 : 1 + (await this.countdown(n - 1));
      }
    }
    expect(await pondUnderTest().bind(new Service()).countdown(50)).toBe(50);
  });

  it('is not one that calls the same key in another pond’s store', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work(depth: number): Promise<number> {
        return depth === 0 ? other.run(() => this.work(1)) : depth;
      }
    }
    const pond = pondUnderTest();
    const other = pondUnderTest();
    const service = new Service();
    expect(await pond.run(() => service.work(0))).toBe(1);
  });

  it('is not one that calls its own key after its run has ended', async () => {
    const gate = deferred();
    let later: Promise<string> | undefined;
    class Service {
      @Task({ cacheKeyFn: staticKey('one'), cacheExpiration: '1s' }) async work(again: boolean): Promise<string> {
        if (again) later = gate.promise.then(() => this.work(false));
        return again ? 'first' : 'second';
      }
    }
    const pond = pondUnderTest();
    expect(await pond.bind(new Service()).work(true)).toBe('first');
    await pond.clock.advance('1s');
    gate.resolve();
    await expect(later).resolves.toBe('second');
  });
});

describe('two runs that would wait for each other', () => {
  it('do not hang: the one that would close the circle runs on its own', async () => {
    const gate = deferred();
    const bodies: string[] = [];
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async left(calls: boolean): Promise<string> {
        bodies.push('left');
        await gate.promise;
        return calls ? `left(${await returnValue(this.right(true))})` : 'left';
      }
      @Task({ cacheKeyFn: taskInputHash }) async right(calls: boolean): Promise<string> {
        bodies.push('right');
        await gate.promise;
        return calls ? `right(${await returnValue(this.left(true))})` : 'right';
      }
    }
    const returnValue = (work: Promise<string>): Promise<string> => work.catch((error: Error) => error.name);
    const service = pondUnderTest().bind(new Service());
    const both = Promise.all([service.left(true), service.right(true)]);
    await flush();
    gate.resolve();
    const values = await both;
    expect(values[0]).toContain('left(');
    expect(values[1]).toContain('right(');
    expect(values.join()).toContain('SelfWaitError');
    expect(bodies.length).toBeLessThanOrEqual(4);
  });

  it('do not hang where the circle has three runs, or closes inside a run led by one of them', async () => {
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async node(name: string): Promise<string> {
        await gate.promise;
        return this.step(NEXT[name] ?? 'a').catch((error: Error) => error.name);
      }
      @Task({ cacheKeyFn: taskInputHash }) async step(name: string): Promise<string> {
        return `${name}>${await this.node(name)}`;
      }
    }
    const NEXT: Readonly<Record<string, string>> = { a: 'b', b: 'c', c: 'a' };
    const service = pondUnderTest().bind(new Service());
    const all = Promise.all(['a', 'b', 'c'].map((name) => service.node(name)));
    await flush();
    gate.resolve();
    expect(await all).toHaveLength(3);
  });
});
