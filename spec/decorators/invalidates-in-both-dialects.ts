import { describe, expect, it } from '@jest/globals';
import { memoryStore, original, returnState, submit, type TroubleEvent } from '../../lib/index.js';
import { createTestPond, type TestPond } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush } from '../engine/pond-under-test.js';

/**
 * What must hold of `@Invalidates` in both dialects. Each declares this class with its own decorators, and runs the same specs on it
 * (spec/decorators/invalidates.spec.ts, spec/standard/invalidates.spec.ts).
 */
export interface Catalogue {
  reads: number;
  writes: string[];
  /** What the invalidating methods await, and what they throw. */
  gate: Promise<unknown> | undefined;
  error: unknown;
  /** Cached by id, with the tags 'products' and `product:<id>`. */
  get(id: string): Promise<string>;
  /** Cached, synchronous, with the tag 'numbers'. */
  count(kind: string): number;
  /** `@Invalidates((service, { id }) => invalidate(service).get(id))` */
  update(id: string, text: string): Promise<string>;
  /** The same, with a misspelt parameter. */
  misspelt(id: string): Promise<string>;
  /** `@Invalidates({ tags: ({ ids }, result) => [...] })`: a tag per id and one of the result. */
  updateAll(...ids: string[]): Promise<string>;
  /** `@Invalidates({ task: 'get' })`, promise of a method that is not native async. */
  touch(): Promise<string>;
  /** `@Invalidates({ task: 'gone' })` */
  broken(): Promise<string>;
  /** `@Invalidates({ tags: 'numbers' })`, synchronous. */
  add(kind: string): string;
  /** Below a task with a key made of its input by name. */
  below(id: string): Promise<string>;
  /** Above it. */
  above(id: string): Promise<string>;
  /** Three of them, of which the second fails, around somebody else's decorators and a flow. */
  stacked(id: string): Promise<string>;
}

export interface InvalidatingClasses {
  readonly Catalogue: new () => Catalogue;
  readonly Heir: new () => Catalogue;
  readonly Statics: {
    runs: number;
    rate(currency: string): Promise<string>;
    /** `@Invalidates({ task: 'rate' })` */
    reset(): Promise<void>;
  };
}

const PLACES = ['update', 'updateAll', 'touch', 'add', 'below', 'above', 'stacked'] as const;

export function invalidatesInBothDialects(dialect: string, classes: () => InvalidatingClasses): void {
  const set = (options: Parameters<typeof createTestPond>[0] = {}) => {
    const pond = createTestPond(options);
    const { Catalogue, Heir, Statics } = classes();
    const troubles: TroubleEvent[] = [];
    pond.events.on('trouble', (event) => troubles.push(event));
    return { pond, svc: pond.bind(new Catalogue()), heir: pond.bind(new Heir()), Statics, troubles };
  };
  const status = async (svc: Catalogue, id: string) => (await returnState(svc).get(id)).cache?.status;

  describe(`@Invalidates of the ${dialect} dialect`, () => {
    it('forgets what its callback says, after success, before the caller has its answer', async () => {
      for (const store of [memoryStore(), new AsyncStore()]) {
        const { svc } = set({ store });
        await svc.get('a');
        await svc.get('b');
        expect(await svc.update('a', 'new')).toBe('new');
        expect([await status(svc, 'a'), await status(svc, 'b')]).toEqual(['miss', 'hit']);
      }
    });

    it('forgets nothing before the method has ended, and nothing where it fails', async () => {
      const { svc } = set();
      await svc.get('a');
      const gate = deferred();
      svc.gate = gate.promise;
      const updating = svc.update('a', 'new');
      await flush();
      expect(await status(svc, 'a')).toBe('hit');
      svc.error = new Error('refused');
      gate.resolve();
      await expect(updating).rejects.toBe(svc.error);
      expect(await status(svc, 'a')).toBe('hit');
      expect(() => svc.add('x')).toThrow('refused');
    });

    it('forgets tags that are made of the inputs and the result, or none', async () => {
      const { svc, troubles } = set();
      for (const id of ['a', 'b', 'c', 'd']) await svc.get(id);
      expect(await svc.updateAll('a', 'b')).toBe('c');
      expect(await Promise.all(['a', 'b', 'c', 'd'].map((id) => status(svc, id)))).toEqual([
        'miss',
        'miss',
        'miss',
        'hit',
      ]);
      expect(await svc.updateAll()).toBe('c');
      expect(troubles).toEqual([]);
    });

    it('forgets all of a task of the same class, on the receiver’s class alone', async () => {
      const { svc, heir } = set();
      for (const id of ['a', 'b']) await svc.get(id);
      await heir.get('a');
      expect(await svc.touch()).toBe('touched');
      expect([await status(svc, 'a'), await status(svc, 'b'), await status(heir, 'a')]).toEqual([
        'miss',
        'miss',
        'hit',
      ]);
      await heir.touch();
      expect([await status(svc, 'a'), await status(heir, 'a')]).toEqual(['hit', 'miss']);
    });

    it('says who asked', async () => {
      const { svc } = set();
      const reasons: (string | undefined)[] = [];
      for (const act of [() => svc.touch(), () => svc.update('a', '')]) {
        await svc.get('a');
        await act();
        reasons.push((await returnState(svc).get('a')).cache?.detail);
      }
      expect(reasons).toEqual([
        'invalidated by @Invalidates on Catalogue.touch',
        'invalidated by invalidate(Catalogue.get)',
      ]);
    });

    it('reaches static methods', async () => {
      const { pond, Statics } = set();
      await pond.run(async () => {
        expect([await Statics.rate('EUR'), await Statics.rate('EUR')]).toEqual(['EUR 1', 'EUR 1']);
        expect(await Statics.reset()).toBeUndefined();
        expect(await Statics.rate('EUR')).toBe('EUR 2');
      });
    });

    it('leaves a synchronous method synchronous', () => {
      const { svc, troubles } = set();
      expect([svc.count('x'), svc.count('x')]).toEqual([1, 1]);
      expect(svc.add('x')).toBe('added x');
      expect(svc.count('x')).toBe(2);
      expect(troubles).toEqual([]);
    });

    it('goes on behind a synchronous method whose store answers later, says so once, and close() awaits it', async () => {
      const store = new AsyncStore();
      const told = deferred();
      let done = 0;
      store.invalidate = async (what) => {
        await told.promise;
        await store.inner.invalidate(what);
        done++;
      };
      const { pond, svc, troubles } = set({ store });
      expect([svc.add('x'), svc.add('x')]).toEqual(['added x', 'added x']);
      expect(done).toBe(0);
      expect(pond.runtime.pending.size).toBe(2);
      const closing = pond.close();
      told.resolve();
      await closing;
      expect([done, pond.runtime.pending.size]).toEqual([2, 0]);
      expect(troubles.map(({ kind, where }) => [kind, where])).toEqual([
        ['invalidated-late', 'Catalogue.add'],
        ['invalidated-late', 'Catalogue.add'],
      ]);
    });

    it('gives the method’s answer where the store fails, and tells of it', async () => {
      const store = new AsyncStore();
      store.invalidate = async () => Promise.reject(new Error('down'));
      const lines: string[] = [];
      const add = (line: string): void => void lines.push(line);
      const logger = { debug() {}, info() {}, warn() {}, error: add };
      const { svc, troubles } = set({ store, logger, logLevel: 'error' });
      expect(await svc.update('a', 'new')).toBe('new');
      expect(await svc.touch()).toBe('touched');
      const sentence =
        "it has succeeded, but not what it invalidates, which may be served again: store 'later' failed to invalidate: down";
      expect(troubles.filter(({ kind }) => kind === 'not-invalidated')).toEqual([
        { kind: 'not-invalidated', where: 'Catalogue.update', message: sentence, error: expect.any(Error) },
        { kind: 'not-invalidated', where: 'Catalogue.touch', message: sentence, error: expect.any(Error) },
      ]);
      expect(lines).toEqual([`Catalogue.update - ${sentence}`, `Catalogue.touch - ${sentence}`]);
    });

    it('gives the answer of a synchronous method where a synchronous store fails', () => {
      const store = memoryStore();
      store.invalidate = () => {
        throw new Error('down');
      };
      const { svc, troubles } = set({ store });
      expect(svc.add('x')).toBe('added x');
      expect(troubles.map(({ kind }) => kind)).toEqual(['store', 'not-invalidated']);
    });

    it('tells of a parameter that the method does not have, instead of forgetting another’s state', async () => {
      const { svc, troubles } = set();
      expect(await svc.misspelt('a')).toBe('a');
      expect(troubles.map(({ message }) => message)).toEqual([
        expect.stringContaining("misspelt has no parameter 'sku': its parameters are id"),
      ]);
    });

    it('refuses a call, before the method runs, where it names no task of the receiver', async () => {
      const { svc } = set();
      const sentence =
        "@Invalidates on Catalogue.broken: option `task` names no method of what it is called on (got 'gone'). Name a method of " +
        'this class that has @Task() or @Flow(), or give the task itself.';
      await expect(svc.broken()).rejects.toThrow(sentence);
      expect(svc.writes).toEqual([]);
    });

    it('belongs to the body of a task, above it and below it', async () => {
      for (const method of ['above', 'below'] as const) {
        const { svc } = set();
        await svc.get('a');
        expect(await svc[method]('a')).toBe('a 1');
        expect(await status(svc, 'a')).toBe('miss');
        expect((await returnState(svc)[method]('a')).cache?.status).toBe('hit');
        expect(await status(svc, 'a')).toBe('hit');
        expect(await submit(svc)[method]('b').result()).toBe('b 2');
      }
    });

    it('is nothing of the undecorated method', async () => {
      const { svc } = set();
      await svc.get('a');
      for (const method of ['above', 'below'] as const) await original(svc)[method]('a');
      expect(await status(svc, 'a')).toBe('hit');
    });

    it('does all that stand on a method, whatever becomes of one', async () => {
      const { svc, troubles } = set();
      for (const id of ['a', 'b']) await svc.get(id);
      svc.count('x');
      expect(await svc.stacked('a')).toBe('stacked a');
      expect([await status(svc, 'a'), await status(svc, 'b'), svc.count('x')]).toEqual(['miss', 'hit', 5]);
      expect(troubles.map(({ kind, error }) => [kind, (error as Error).message])).toEqual([
        ['not-invalidated', 'the second'],
      ]);
      expect(String(await returnState(svc).stacked('a'))).toBe('Completed()');
    });

    it('keeps name, length, own properties and metadata', () => {
      const { svc } = set();
      for (const name of PLACES) {
        const property = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(svc) as object, name);
        expect(property).toMatchObject({ enumerable: false, configurable: true, writable: true });
        expect(svc[name].name).toBe(name);
        expect(Object.hasOwn(svc[name], 'prototype')).toBe(false);
      }
      expect([svc.update.length, svc.updateAll.length, svc.stacked.length]).toEqual([2, 0, 1]);
      expect({ ...svc.stacked }).toMatchObject({ below: true, above: true });
      expect(['below', 'above'].map((name) => Reflect.getOwnMetadata(name, svc.stacked) as unknown)).toEqual([
        'metadata',
        'metadata',
      ]);
    });

    it('means the pond of the call', async () => {
      const store = memoryStore();
      const ponds: TestPond[] = [createTestPond({ store }), createTestPond({ store, namespace: 'other' })];
      const svc = new (classes().Catalogue)();
      for (const pond of ponds) await pond.run(() => svc.get('a'));
      await ponds[1]?.run(() => svc.updateAll('a'));
      const statuses = await Promise.all(ponds.map((pond) => pond.run(() => status(svc, 'a'))));
      expect(statuses).toEqual(['hit', 'miss']);
    });
  });
}
