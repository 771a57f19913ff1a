import { describe, expect, it } from '@jest/globals';
import { MemoryRecord } from '../../lib/stores/memory-record.js';
import { SharedPromises } from '../../lib/stores/shared-promises.js';
import { keyOf, recordOf } from './records.js';

const MOST = 4_096;

function kept(count: number, promises: SharedPromises): readonly MemoryRecord[] {
  const records = Array.from({ length: count }, (_, i) => new MemoryRecord(recordOf(keyOf(`${i}`), i)));
  for (const record of records) promises.keep(record, Promise.resolve(record.value));
  return records;
}

const withPromise = (records: readonly MemoryRecord[]): number =>
  records.filter((record) => record.promise !== undefined).length;

describe('the promises that hits share', () => {
  it('are those of the records last asked for', async () => {
    const records = kept(MOST + 10, new SharedPromises());
    expect(withPromise(records)).toBe(MOST);
    expect(records.slice(0, 10).map((record) => record.promise)).toEqual(Array(10).fill(undefined));
    expect(await (records[10] as MemoryRecord).promise).toBe(10);
  });

  it('go with the record that the store forgets, and no other', () => {
    const promises = new SharedPromises();
    const records = kept(3, promises);
    promises.drop(records[1] as MemoryRecord);
    expect(records.map((record) => record.promise !== undefined)).toEqual([true, false, true]);
    promises.drop(records[1] as MemoryRecord);
    promises.drop(new MemoryRecord(recordOf(keyOf('other'), 1)));
    expect(withPromise(records)).toBe(2);
  });

  it('leave nothing of a record behind that went and came back', () => {
    const promises = new SharedPromises();
    const [first] = kept(1, promises) as [MemoryRecord];
    promises.drop(first);
    promises.keep(first, Promise.resolve());
    kept(MOST - 1, promises); // the last of them takes the place that the record had first
    expect(first.promise).toBeDefined();
    kept(1, promises);
    expect(first.promise).toBeUndefined();
  });

  it('stay where another store forgets the record', () => {
    const [here] = kept(1, new SharedPromises()) as [MemoryRecord];
    const elsewhere = new SharedPromises();
    const [other] = kept(1, elsewhere) as [MemoryRecord];
    elsewhere.drop(here);
    expect([here.promise, other.promise]).not.toContain(undefined);
  });

  it('are kept anew after their turn is over, without taking the place of another', () => {
    const promises = new SharedPromises();
    const [first, ...others] = kept(MOST, promises) as [MemoryRecord, ...MemoryRecord[]];
    kept(1, promises);
    expect(first.promise).toBeUndefined();
    promises.drop(first);
    promises.keep(first, Promise.resolve());
    expect(first.promise).toBeDefined();
    expect(withPromise(others)).toBe(MOST - 2);
  });
});
