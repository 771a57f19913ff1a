import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

let uuids = 0;
const real = await import('node:crypto');
const counting = {
  ...real,
  randomUUID: () => {
    uuids++;
    return real.randomUUID();
  },
};
jest.unstable_mockModule('../../lib/base/crypto.js', () => ({ crypto: () => counting }));

const { flow, getRunContext, returnState, task, taskInputHash } = await import('../../lib/index.js');
const { createTestPond } = await import('../../lib/testing/index.js');

describe('ids', () => {
  const quote = task(async (sku: string) => sku, { name: 'quote', cacheKeyFn: taskInputHash });

  beforeAll(async () => {
    await createTestPond().run(() => quote('first')); // the process has one of its own, made by its first miss
  });

  beforeEach(() => {
    uuids = 0;
  });

  it('are not made for hits and misses that nobody reads, in flows neither', async () => {
    const pond = createTestPond();
    const all = flow(async () => [await quote('a'), await quote('a'), await quote('b')], { name: 'all' });
    await pond.run(() => all());
    await pond.run(() => all());
    await pond.run(() => quote('c'));
    expect(pond.stats()).toMatchObject({ hits: 4, misses: 3 });
    expect(uuids).toBe(0);
  });

  it('are made when they are read, once a run', async () => {
    const named = flow(async () => [getRunContext().flowRun.id, getRunContext().flowRun.id], { name: 'named' });
    const [first, second] = await createTestPond().run(() => named());
    expect(first).toBe(second);
    expect(uuids).toBe(1);
  });

  it('of the run that computed a value are made when its origin is read', async () => {
    const pond = createTestPond();
    await pond.run(() => quote('a'));
    const state = await pond.run(() => returnState(quote)('a'));
    expect(uuids).toBe(0);
    expect(state.cache?.origin?.taskRunId).toMatch(/^[0-9a-f-]{36}$/);
    expect(uuids).toBe(1);
  });
});
