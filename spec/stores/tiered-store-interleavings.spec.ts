import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type Invalidation, memoryStore, type StateRecord, type StateStore, type StoreKey } from '../../lib/index.js';
import { tieredStore } from '../../lib/stores/tiered-store.js';
import type { StoreEvent, WatchableStore } from '../../lib/stores/watchable-store.js';
import { fakeClock } from '../../lib/testing/index.js';
import { keyOf, leading, recordOf } from './records.js';

jest.setTimeout(120_000); // some seconds here, many more on a machine that others keep busy

const KEYS = [keyOf('a'), keyOf('b')];
const TAGS = ['x'];

/** Calls, answers and events that are on their way; each arrives when it is picked, in any order. */
class Wire {
  readonly #waiting: (() => void)[] = [];

  send(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** A call that takes any time to come, and its answer any time to go back. */
  async call<T>(act: () => T | Promise<T>): Promise<T> {
    await this.send();
    const answer = await act();
    await this.send();
    return answer;
  }

  async deliver(pick: number): Promise<void> {
    const { length } = this.#waiting;
    if (length > 0) this.#waiting.splice(pick % length, 1)[0]?.();
    await settled();
  }

  async deliverAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.deliver(0);
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await undefined;
}

/** Two processes over one store; all between them and it is on the wire. */
class World {
  readonly wire = new Wire();
  readonly clock = fakeClock();
  readonly shared = memoryStore();
  readonly processes: readonly Process[];

  /** In a deaf world nobody is told of anything. */
  constructor(deaf: boolean) {
    this.shared.attach?.({ clock: this.clock });
    this.processes = [new Process(this, deaf), new Process(this, deaf)];
  }

  /** The generation of now: every record of an older one is from before. */
  now(): number {
    return leading(this.shared.lead(keyOf('now'), { mode: 'refresh', token: 'now', leaseMs: 0 })).generation;
  }

  /** Tells every process, some time, what is void up to a generation. */
  tell(what: Invalidation, upTo: number, dated: boolean): void {
    const digests = what.keys?.map((key) => key.digest);
    const reached = KEYS.map(
      (key) => what.all || what.tags !== undefined || what.keys?.some((one) => one.text === key.text),
    );
    for (const process of this.processes) {
      if (process.listener === undefined) continue;
      void this.wire.send().then(() => {
        const generation = dated ? upTo : undefined;
        process.listener?.({ kind: 'invalidated', namespace: '', digests, tags: what.tags, all: what.all, generation });
        for (const [i, is] of reached.entries()) if (is) process.knows(i, upTo + 1);
      });
    }
  }
}

class Process {
  readonly near = memoryStore();
  readonly tiers: StateStore;
  listener: ((event: StoreEvent) => void) | undefined;
  /** By key: the least generation that a read which begins now may show. */
  readonly #least = [0, 0];
  readonly #world: World;

  constructor(world: World, deaf: boolean) {
    this.#world = world;
    const { wire, shared } = world;
    const watch: WatchableStore['watch'] = (listener) => {
      this.listener = listener;
      return () => {};
    };
    const far: StateStore = {
      name: 'far',
      sync: false,
      get: (key) => wire.call(() => shared.get(key)),
      lead: (key, request) => wire.call(() => shared.lead(key, request)),
      renew: (key, token, ms) => wire.call(() => shared.renew(key, token, ms)),
      commit: (key, token, record) =>
        wire.call(async () => {
          const answer = await shared.commit(key, token, record);
          if (answer.committed) world.tell({ keys: [key] }, record.generation - 1, true);
          return answer;
        }),
      abandon: (key, token) => wire.call(() => shared.abandon(key, token)),
      invalidate: (what) =>
        wire.call(() => {
          const upTo = world.now();
          void shared.invalidate(what);
          world.tell(what, upTo, what.by === 'dated');
        }),
      close: () => {},
      ...(deaf ? {} : { watch }),
    };
    this.tiers = tieredStore(this.near, far, { nearMaxAge: 1_000 });
    this.tiers.attach?.({ clock: world.clock });
  }

  knows(index: number, least: number): void {
    this.#least[index] = Math.max(this.#least[index] as number, least);
  }

  /** Whether it was answered nearby. */
  async read(index: number): Promise<boolean> {
    const least = this.#least[index] as number;
    const found = this.tiers.get(KEYS[index] as StoreKey);
    const record = (await found) as StateRecord | undefined;
    if (record !== undefined) {
      expect(record.generation).toBeGreaterThanOrEqual(least);
      this.knows(index, record.generation);
    }
    return !(found instanceof Promise);
  }

  async compute(index: number, token: string): Promise<void> {
    const key = KEYS[index] as StoreKey;
    const lead = await this.tiers.lead(key, { mode: 'refresh', token, leaseMs: 1_000 });
    const { generation } = leading(lead);
    const { committed } = await this.tiers.commit(key, token, recordOf(key, token, { generation, tags: TAGS }));
    if (committed) this.knows(index, generation);
  }

  async invalidate(index: number, by: 'keys' | 'tags' | 'all', dated: boolean, expire: boolean): Promise<void> {
    const began = this.#world.now();
    const what = { keys: { keys: [KEYS[index] as StoreKey] }, tags: { tags: TAGS }, all: { all: true as const } }[by];
    await this.tiers.invalidate({ ...what, ...(dated && { by: 'dated' }), ...(expire && { expire }) });
    for (const i of by === 'keys' ? [index] : [0, 1]) this.knows(i, began);
  }
}

const step = fc.record({
  process: fc.nat(1),
  kind: fc.oneof(
    { weight: 10, arbitrary: fc.constant('read' as const) },
    { weight: 3, arbitrary: fc.constantFrom('compute' as const, 'invalidate' as const) },
    { weight: 1, arbitrary: fc.constantFrom('distrust' as const, 'age' as const) },
    { weight: 2, arbitrary: fc.constant('evict' as const) },
  ),
  index: fc.nat(1),
  by: fc.constantFrom('keys' as const, 'keys' as const, 'tags' as const, 'all' as const),
  dated: fc.boolean(),
  expire: fc.boolean(),
  picks: fc.array(fc.nat(20), { maxLength: 8 }),
});

describe('processes whose calls, answers and events take any time and any order', () => {
  it.each([
    ['that are told of what others do', false],
    ['that are told nothing', true],
  ])(
    'and %s never go back to an older value, nor show one after they know that it is void or has expired',
    async (_, deaf) => {
      let [near, far, runs] = [0, 0, 0];
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
        async (steps) => {
          const world = new World(deaf);
          const all: Promise<unknown>[] = [];
          for (const [turn, { process, kind, index, by, dated, expire, picks }] of steps.entries()) {
            const one = world.processes[process] as Process;
            if (kind === 'read') all.push(one.read(index).then((here) => (here ? near++ : far++)));
            if (kind === 'compute') all.push(one.compute(index, `turn ${turn}`).then(() => runs++));
            if (kind === 'invalidate') all.push(one.invalidate(index, by, dated, expire));
            if (kind === 'distrust') one.listener?.({ kind: 'distrust' });
            if (kind === 'age') void world.clock.advance(400);
            if (kind === 'evict') void one.near.invalidate({ keys: [KEYS[index] as StoreKey] });
            await settled();
            for (const pick of picks) await world.wire.deliver(pick);
          }
          await world.wire.deliverAll();
          await Promise.all(all);
          for (const { tiers } of world.processes) await tiers.close();
        },
      );
      await fc.assert(property, { numRuns: 120 });
      expect([near, far, runs].every((count) => count > 200)).toBe(true); // all of it was tried
    },
  );
});
