import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryRecord } from '../../lib/stores/memory-record.js';
import { RecentRecords } from '../../lib/stores/recent-records.js';
import { keyOf, recordOf } from './records.js';

const LARGE = 1_000;

class Store {
  readonly evicted: string[] = [];
  readonly #records = new Map<string, MemoryRecord>();
  readonly #recent: RecentRecords;

  constructor(maxEntries: number, maxBytes?: number) {
    this.#recent = new RecentRecords({
      maxEntries,
      maxBytes,
      sizeOf: () => 0,
      evicted: (record) => {
        this.evicted.push(record.key.text);
        this.#records.delete(record.key.text);
      },
    });
  }

  add(name: string): void {
    const record = new MemoryRecord(recordOf(keyOf(name), name));
    this.#records.set(name, record);
    this.#recent.add(record);
  }

  use(name: string): void {
    const record = this.#records.get(name);
    if (record !== undefined) this.#recent.used(record);
  }

  fill(from: number, count: number): void {
    for (let i = from; i < from + count; i++) this.add(`${i}`);
  }
}

describe('records in the order of their use', () => {
  it('go exactly least recently used first in a small store', () => {
    const step = fc.record({ use: fc.boolean(), name: fc.constantFrom(...'abcdef') });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const store = new Store(4);
        const order: string[] = [];
        const gone: string[] = [];
        for (const { use, name } of steps) {
          const at = order.indexOf(name);
          if (use) {
            store.use(name);
            if (at >= 0) order.push(...order.splice(at, 1));
          } else if (at < 0) {
            store.add(name);
            order.push(name);
            if (order.length > 4) gone.push(order.shift() as string);
          }
        }
        expect(store.evicted).toEqual(gone);
      }),
    );
  });

  it('go exactly least recently used first where bytes are the bound', () => {
    const store = new Store(LARGE, 3 * 330);
    for (const name of ['a', 'b', 'c']) store.add(name);
    store.use('a');
    store.add('d');
    expect(store.evicted).toEqual(['b']);
  });

  it('stay in a large store while they are used at least once for each half of it that is written', () => {
    const store = new Store(LARGE);
    store.add('kept');
    for (let i = 0; i < 20; i++) {
      store.fill(i * 499, 499);
      store.use('kept');
    }
    expect(store.evicted).not.toContain('kept');
    expect(store.evicted.length).toBeGreaterThan(5_000);
  });

  it('go from a large store in the order they came, as long as nobody uses them', () => {
    const store = new Store(LARGE);
    store.fill(0, 1_500);
    expect(store.evicted).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`));
  });

  it('are never gone from a large store before half of it was written after their last use', () => {
    const use = fc.record({
      write: fc.integer({ min: 1, max: 400 }),
      used: fc.array(fc.nat(1_999), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 12 }), (rounds) => {
        const store = new Store(LARGE);
        const lastUse = new Map<string, number>();
        let writes = 0;
        const add = (name: string): void => {
          const before = store.evicted.length;
          store.add(name);
          lastUse.set(name, ++writes);
          for (const gone of store.evicted.slice(before))
            expect(writes - (lastUse.get(gone) as number)).toBeGreaterThanOrEqual(LARGE / 2);
        };
        for (let i = 0; i < LARGE; i++) add(`${i}`);
        for (const { write, used } of rounds) {
          for (const name of used) {
            if (!lastUse.has(`${name}`) || store.evicted.includes(`${name}`)) continue;
            store.use(`${name}`);
            lastUse.set(`${name}`, writes);
          }
          for (let i = 0; i < write; i++) add(`new ${writes}`);
        }
      }),
      { numRuns: 25 },
    );
  });
});
