import diagnostics from 'node:diagnostics_channel';
import { setImmediate as later } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { flow, type TaskRunEvent, task } from '../../lib/index.js';
import { EVENT_NAMES } from '../../lib/runs/run-events.js';
import { createTestPond } from '../../lib/testing/index.js';

const quote = task(async (sku: string) => sku, {
  name: 'quote',
  cacheKeyFn: (_context, { sku }: { sku: string }) => sku,
});

describe('pond.events', () => {
  it('tells each state of a run, in order, to those who listen', async () => {
    const pond = createTestPond();
    const seen: string[] = [];
    for (const name of EVENT_NAMES)
      pond.events.on(name, (event) => seen.push(`${name}${'taskRun' in event ? ` ${event.taskRun.name}` : ''}`));
    const all = flow(async () => [await quote('a'), await quote('a')], { name: 'all' });
    await pond.run(() => all());
    expect(seen).toEqual([
      'flow:Pending',
      'flow:Running',
      'task:Pending quote-0',
      'task:Running quote-0',
      'task:Completed quote-0',
      'task:Pending quote-1',
      'task:Cached quote-1',
      'flow:Completed',
    ]);
  });

  it('refuses a name that no event has, and lists those there are', () => {
    const { events } = createTestPond();
    for (const name of ['task:cached', 'Cached', '', 'constructor', '__proto__']) {
      expect(() => events.on(name as never, () => {})).toThrow(TypeError);
    }
    expect(() => events.on('task:cached' as never, () => {})).toThrow(/task:Cached/);
  });

  it('is undisturbed by a listener that throws or rejects, and tells the log', async () => {
    const lines: string[] = [];
    const add = (message: string): void => void lines.push(message);
    const pond = createTestPond({ logLevel: 'error', logger: { debug: add, info: add, warn: add, error: add } });
    const good = jest.fn();
    pond.events.on('task:Completed', () => {
      throw new Error('thrown');
    });
    pond.events.on('task:Completed', (async () => Promise.reject(new Error('rejected'))) as never);
    pond.events.on('task:Completed', good);
    expect(await pond.run(() => quote('a'))).toBe('a');
    await later();
    expect(good).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([
      'flowpond - a listener of pond.events failed: thrown',
      'flowpond - a listener of pond.events failed: rejected',
    ]);
  });

  it('stops for each listening by itself, and twice is as good as once', async () => {
    const pond = createTestPond();
    const listener = jest.fn();
    const stop = pond.events.on('task:Completed', listener);
    pond.events.on('task:Completed', listener);
    await pond.run(() => quote('a'));
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    stop();
    await pond.run(() => quote('b'));
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('may be left from inside a listener', async () => {
    const pond = createTestPond();
    let told = 0;
    const stop = pond.events.on('task:Completed', () => {
      told++;
      stop();
    });
    await pond.run(() => quote('a'));
    await pond.run(() => quote('b'));
    expect(told).toBe(1);
  });

  it('tells of a hit with its run, its state and its flow', async () => {
    const pond = createTestPond();
    const hits: TaskRunEvent[] = [];
    pond.events.on('task:Cached', (event) => hits.push(event));
    const all = flow(async () => quote('a'), { name: 'all', flowRunName: 'f' });
    await pond.run(() => all());
    await pond.clock.advance('2s');
    await pond.run(() => all());
    const [hit] = hits;
    expect(hits).toHaveLength(1);
    expect(hit).toMatchObject({
      task: { name: 'quote' },
      taskRun: { name: 'quote-0', runCount: 0 },
      flowRun: { name: 'f' },
      attempt: 0,
    });
    expect(hit?.state.cache).toMatchObject({
      status: 'hit',
      ageMs: 2_000,
      origin: { taskRunName: 'quote-0', flowRunName: 'f' },
    });
  });

  it('reaches diagnostics_channel of the whole process, of all ponds, until it is left', async () => {
    const [one, two] = [createTestPond(), createTestPond()];
    const told: string[] = [];
    const subscriber = (event: unknown): void => void told.push((event as TaskRunEvent).taskRun.name);
    diagnostics.subscribe('flowpond:task:Cached', subscriber);
    try {
      for (const pond of [one, two, one]) {
        await pond.run(() => quote('a'));
        await pond.run(() => quote('a'));
      }
      expect(told).toEqual(['quote', 'quote', 'quote', 'quote']);
    } finally {
      diagnostics.unsubscribe('flowpond:task:Cached', subscriber);
    }
    await one.run(() => quote('a'));
    expect(told).toHaveLength(4);
  });

  it('tells of trouble every time, although the log says it once', async () => {
    const lines: string[] = [];
    const add = (message: string): void => void lines.push(message);
    const pond = createTestPond({ logLevel: 'warn', logger: { debug: add, info: add, warn: add, error: add } });
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind, where }) => troubles.push(`${kind} ${where}`));
    const bad = task(async () => 1, {
      name: 'bad',
      cacheKeyFn: () => {
        throw new Error('no key');
      },
    });
    for (let i = 0; i < 3; i++) expect(await pond.run(() => bad())).toBe(1);
    expect(troubles).toEqual(['uncacheable bad', 'uncacheable bad', 'uncacheable bad']);
    expect(lines).toEqual([expect.stringMatching(/^bad - not cached \(key-error\): the key function failed: no key/)]);
  });
});
