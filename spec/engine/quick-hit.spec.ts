import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CancelledError,
  configure,
  flow,
  getFlowRunContext,
  getTaskRunContext,
  memoryStore,
  type PondOptions,
  perFlowRun,
  refresh,
  returnState,
  staticKey,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond, type TestPond } from '../../lib/testing/index.js';

/** A pond of which nobody is told anything: hits may take the short way. */
function quietPond(options: PondOptions = {}): TestPond {
  return createTestPond({ ...options, clock: undefined, record: false });
}

/** The same with a listener that hears of every call, so that all of them go the long way. */
function loudPond(options: PondOptions = {}): TestPond {
  const pond = quietPond(options);
  pond.events.on('task:Pending', () => {});
  return pond;
}

interface Inputs {
  readonly id: string;
}

type KeyFn = (context: { readonly flowRunId: string; readonly args: readonly unknown[] }, inputs: Inputs) => unknown;

const KEYS: Record<string, KeyFn> = {
  'a text': (_context, { id }) => `user:${id}`,
  'a text of inputs that are handed on': (_context, inputs) => JSON.stringify(inputs),
  'a text that may hold undefined': (_context, { id }) => (id === 'b' ? 'undefined is my name' : id),
  'a misspelt name in one branch': (_context, inputs) =>
    inputs.id === 'a' ? 'a' : `user:${(inputs as unknown as { readonly ID: string }).ID}`,
  'a misspelt name that is not in the key': (_context, inputs) => {
    void (inputs as unknown as { readonly ID: string }).ID;
    return inputs.id;
  },
  'a long text': (_context, { id }) => id.repeat(300),
  'none for one input': (_context, { id }) => (id === 'c' ? null : id),
  'no text for one input': (_context, { id }) => (id === 'c' ? 7 : id),
  'a failure for one input': (_context, { id }) => {
    if (id === 'c') throw new RangeError('no key for c');
    return id;
  },
  'a static key': staticKey('one') as KeyFn,
  'the inputs': taskInputHash as unknown as KeyFn,
  'the inputs, per flow run': perFlowRun() as unknown as KeyFn,
  'the flow run, by hand': (context, { id }) => `${context.flowRunId.length}${id}`,
};

const OPTIONS: Record<string, object> = {
  'no other option': {},
  'an expiry': { cacheExpiration: '5s' },
  tags: { tags: ['user'] },
  'tags of the inputs': { tags: ({ id }: Inputs) => [id] },
  'remembered failures': { cacheFailures: { expiration: '5s' } },
  copies: { resultCopy: 'clone' },
};

const call = fc.record({ kind: fc.constant('call' as const), id: fc.constantFrom('a', 'b', 'c', 'fails') });
const inFlow = fc.record({
  kind: fc.constant('flow' as const),
  ids: fc.array(fc.constantFrom('a', 'b', 'c', 'fails')),
});
const other = fc.record({
  kind: fc.constantFrom('advance' as const, 'invalidate' as const, 'tag' as const, 'refresh' as const),
});
const steps = fc.array(fc.oneof({ weight: 4, arbitrary: call }, { weight: 2, arbitrary: inFlow }, other), {
  maxLength: 14,
});
type Step = typeof steps extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

/** Everything that a caller can see of the steps, one after another. */
async function story(pond: TestPond, keyFn: KeyFn, options: object, isAsync: boolean, plan: readonly Step[]) {
  const seen: unknown[] = [];
  let bodies = 0;
  const body = (id: string): unknown => {
    seen.push(['body', id, getTaskRunContext().taskRun.name]);
    if (id === 'fails') throw new RangeError(`${++bodies} fails`);
    return { id, number: ++bodies };
  };
  const settings = { name: 'user', cacheKeyFn: keyFn as never, parameters: ['id'], ...options };
  const user = (isAsync ? task(async (id: string) => body(id), settings) : task(body, settings)) as (
    id: string,
  ) => unknown;
  const told = async (act: () => unknown): Promise<void> => {
    try {
      const answer = act();
      seen.push([answer instanceof Promise ? 'later' : 'at once', await answer]);
    } catch (error) {
      seen.push([String(error)]);
    }
  };
  const many = flow(
    async (ids: readonly string[]) => {
      for (const id of ids) await told(() => user(id));
      const { taskRuns, cachedTaskRuns, savedMs } = getFlowRunContext() as unknown as Record<string, unknown>;
      seen.push({ taskRuns, cachedTaskRuns, savedMs });
    },
    { name: 'many' },
  );
  await pond.run(async () => {
    for (let i = 0; i < 2; i++) await told(() => user('a'));
    for (const step of plan) {
      if (step.kind === 'call') await told(() => user(step.id));
      else if (step.kind === 'flow') await many(step.ids);
      else if (step.kind === 'advance') await pond.clock.advance('2s');
      else if (step.kind === 'invalidate') await pond.clear();
      else if (step.kind === 'tag') await pond.invalidate({ tags: ['user', 'b'] });
      else await told(() => (refresh(user) as typeof user)('a'));
    }
  });
  return { seen, stats: pond.stats() };
}

describe('the short way of a hit', () => {
  describe.each(Object.entries(KEYS))('by %s', (_key, keyFn) => {
    it.each(Object.entries(OPTIONS))('with %s tells callers the same as the long way', async (_options, options) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.boolean(), async (plan, isAsync) => {
          const quick = await story(quietPond(), keyFn, options, isAsync, plan);
          const long = await story(loudPond(), keyFn, options, isAsync, plan);
          expect(quick).toEqual(long);
        }),
        { numRuns: 12 },
      );
    });
  });

  it('asks the key function once for a hit, and once for a miss', async () => {
    const pond = quietPond();
    const asked: string[] = [];
    const user = task(async (id: string) => id, {
      name: 'user',
      cacheKeyFn: (_context, { id }: Inputs) => {
        asked.push(id);
        return id;
      },
    });
    await pond.run(async () => {
      await user('a');
      asked.length = 0;
      await user('a');
      expect(asked).toEqual(['a']);
      await user('new');
      expect(asked).toEqual(['a', 'new']);
    });
  });

  it('gives hits of one value the same promise', async () => {
    const user = task(async (id: string) => id, { name: 'user', cacheKeyFn: taskInputHash });
    await quietPond().run(async () => {
      await user('a');
      const first = user('a');
      expect(user('a')).toBe(first);
      expect(await first).toBe('a');
    });
  });

  it('rejects where the key function fails late in a task that is known to be asynchronous', async () => {
    const user = task(async (id: string) => id, {
      name: 'user',
      cacheKeyFn: async (_context, { id }: Inputs) => {
        if (id === 'bad') throw new Error('no key');
        return id;
      },
    });
    await quietPond().run(async () => {
      for (let i = 0; i < 2; i++) expect(await user('a')).toBe('a');
      expect(await user('bad')).toBe('bad');
    });
  });

  it('takes a key from whatever can be awaited, call after call', async () => {
    const pond = quietPond();
    let bodies = 0;
    const awaitable = { then: (given: (key: string) => void): void => void given('key') };
    const cacheKeyFn = (): never => awaitable as never;
    const user = task(async (_id: string) => ++bodies, { name: 'user', cacheKeyFn, parameters: ['id'] });
    await pond.run(async () => {
      for (let i = 0; i < 3; i++) expect(await user('a')).toBe(1);
    });
    expect(pond.stats()).toMatchObject({ uncacheable: 0, hits: 2 });
  });

  it('never takes a text for the digest of another key', async () => {
    const long = 'x'.repeat(300);
    const digest = createHash('sha256').update(long).digest('hex');
    const user = task(async (id: string) => id, {
      name: 'user',
      parameters: ['id'],
      cacheKeyFn: (_context, { id }: Inputs) => (id === 'long' ? long : `\u0000sha256:${digest}`),
    });
    await quietPond().run(async () => {
      for (let i = 0; i < 2; i++) expect(await user('long')).toBe('long');
      expect(await user('forged')).toBe('forged');
      expect(await user('forged')).toBe('forged');
    });
  });

  it('answers as the record says where it is not known whether the task is asynchronous', async () => {
    const store = memoryStore();
    const made = () => task((id: string) => Promise.resolve(id), { name: 'user', cacheKeyFn: taskInputHash });
    const first = made();
    await quietPond({ store }).run(() => first('a'));
    const second = made();
    await quietPond({ store }).run(async () => {
      for (let i = 0; i < 3; i++) expect(second('a')).toBeInstanceOf(Promise);
      expect(await second('a')).toBe('a');
    });
  });

  it('is not taken in a flow whose prints are logged', async () => {
    const lines: string[] = [];
    const logger = { debug() {}, info: (line: string) => lines.push(line), warn() {}, error() {} };
    const user = task(async (id: string) => id, {
      name: 'user',
      parameters: ['id'],
      cacheKeyFn: (_context, { id }: Inputs) => {
        console.log(`key of ${id}`);
        return id;
      },
    });
    const loud = flow(
      async () => {
        for (let i = 0; i < 3; i++) await user('a');
      },
      { name: 'loud', logPrints: true },
    );
    await quietPond({ logger: logger as never, logLevel: 'info' }).run(() => loud());
    expect(lines.filter((line) => line.includes("Task run 'user") && line.includes('key of a'))).toHaveLength(3);
  });

  it('is left as soon as somebody listens, and taken again when nobody does', async () => {
    const pond = quietPond();
    const user = task(async (id: string) => id, { name: 'user', cacheKeyFn: taskInputHash });
    await pond.run(async () => {
      await user('a');
      await user('a');
      const states: string[] = [];
      const stop = pond.events.on('task:Cached', ({ state }) => states.push(state.name));
      await user('a');
      expect(states).toEqual(['Cached']);
      stop();
      await user('a');
      expect(states).toEqual(['Cached']);
      pond.events.on('task:Pending', ({ state }) => states.push(state.name));
      await user('a');
      expect(states).toEqual(['Cached', 'Pending']);
    });
  });

  it('is not taken by a caller who no longer waits', async () => {
    const user = task(async (id: string) => id, { name: 'user', cacheKeyFn: taskInputHash });
    const pond = quietPond();
    await pond.run(() => user('a'));
    const leaving = new AbortController();
    leaving.abort(new Error('gone'));
    await expect(pond.run({ signal: leaving.signal }, () => user('a'))).rejects.toThrow(CancelledError);
  });

  it('ends where the pond is told to compute anew, or not to look', async () => {
    let bodies = 0;
    const user = task(async () => ++bodies, { name: 'anew', cacheKeyFn: staticKey('one') });
    await user();
    expect(await user()).toBe(1);
    configure({ caching: 'refresh' });
    expect(await user()).toBe(2);
    configure({ caching: 'off' });
    expect(await user()).toBe(3);
    configure({ caching: 'on' });
    expect(await user()).toBe(2);
  });

  it('is not taken where hooks are told, or prints logged', async () => {
    const names: string[] = [];
    const user = task(async (id: string) => id, {
      name: 'user',
      cacheKeyFn: taskInputHash,
      onCompletion: (_task, _run, state) => void names.push(state.name),
    });
    const lines: string[] = [];
    const logger = { debug() {}, info: (line: string) => lines.push(line), warn() {}, error() {} };
    const printing = task(async (id: string) => id, {
      name: 'printing',
      logPrints: true,
      cacheKeyFn: (_context, { id }: Inputs) => {
        console.log(`key of ${id}`);
        return id;
      },
    });
    await quietPond().run(async () => {
      for (let i = 0; i < 3; i++) await user('a');
    });
    expect(names).toEqual(['Completed', 'Cached', 'Cached']);
    await quietPond({ logger: logger as never, logLevel: 'info' }).run(async () => {
      for (let i = 0; i < 3; i++) await printing('a');
    });
    expect(lines.filter((line) => line.includes('key of a'))).toHaveLength(3);
  });

  it('serves no value where the clock fails', async () => {
    const pond = quietPond();
    const user = task(async (id: string) => id, { name: 'user', cacheKeyFn: taskInputHash, cacheExpiration: '1h' });
    await pond.run(async () => {
      await user('a');
      const { clock } = pond.runtime;
      const broken = {
        ...clock,
        now: () => {
          throw new Error('no time');
        },
      };
      Object.assign(pond.runtime, { clock: broken });
      const answer = user('a');
      expect(answer).toBeInstanceOf(Promise);
      await answer.catch(() => {});
      Object.assign(pond.runtime, { clock });
      expect((await returnState(user)('a')).result()).toBe('a');
    });
  });
});
