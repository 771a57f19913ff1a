import { describe, expect, it } from '@jest/globals';
import {
  Flow,
  flow,
  getFlowRunContext,
  getRunContext,
  getRunLogger,
  getTaskRunContext,
  InvalidOptionsError,
  MissingContextError,
  NoFlowRunError,
  type RunContext,
  returnState,
  submit,
  Task,
  type TaskRunContext,
  task,
  taskInputHash,
  tryGetRunContext,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

class Nested {
  seen: Record<string, RunContext | undefined> = {};

  @Task({ version: 3, tags: ['inner'] })
  async inner(_city: string) {
    await null;
    this.seen.inner = getRunContext();
    return getTaskRunContext();
  }

  @Task()
  async outer() {
    this.seen.outer = getRunContext();
    await this.inner('Oslo');
    await this.sub();
    return getRunContext();
  }

  @Flow()
  async sub() {
    this.seen.sub = getRunContext();
    await this.inner('Rome');
  }

  @Flow({ name: 'the main one' })
  async main(_day?: string) {
    this.seen.main = getRunContext();
    return this.outer();
  }
}

describe('outside of runs', () => {
  it.each([getRunContext, getTaskRunContext, getFlowRunContext, getRunLogger])(
    '%p throws a MissingContextError',
    (get) => {
      expect(get).toThrow(MissingContextError);
      expect(get).toThrow(/Context|getRunLogger/);
      expect(() => createTestPond().run(() => get())).toThrow(MissingContextError);
    },
  );

  it('tryGetRunContext() gives undefined, directly inside pond.run too', () => {
    expect(tryGetRunContext()).toBeUndefined();
    expect(createTestPond().run(() => tryGetRunContext())).toBeUndefined();
  });
});

describe('the run context', () => {
  it('is the innermost run, and each run comes back to its own when the inner one has ended', async () => {
    const nested = createTestPond().bind(new Nested());
    const outer = await nested.main('today');
    const { seen } = nested;
    expect(outer).toBe(seen.outer);
    expect([seen.main?.kind, seen.outer?.kind, seen.sub?.kind, seen.inner?.kind]).toEqual([
      'flow',
      'task',
      'flow',
      'task',
    ]);
    expect(tryGetRunContext()).toBeUndefined();
  });

  it('gives the ids and names of the flow run to its tasks, and those of a subflow to the tasks in it', async () => {
    const nested = createTestPond().bind(new Nested());
    await nested.main();
    const { main, outer, sub, inner } = nested.seen as Record<string, RunContext>;
    expect(outer?.flowRun.id).toBe(main?.flowRun.id);
    expect(outer?.flowRunId).toBe(main?.flowRunId);
    expect(inner?.flowRun.id).toBe(sub?.flowRun.id);
    expect(sub?.flowRun.id).not.toBe(main?.flowRun.id);
    expect(sub?.flowRun.parentTaskRunId).toBe((outer as TaskRunContext).taskRunId);
    expect(main?.flowRun.parentTaskRunId).toBeUndefined();
    expect(main?.flowRun.flowName).toBe('the main one');
    expect(main?.flowRun.name).toMatch(/^[a-z]+-[a-z]+$/);
    for (const id of [main?.flowRunId, sub?.flowRunId, (outer as TaskRunContext).taskRunId]) expect(id).toMatch(UUID);
  });

  it('of a task knows the task, the run, the inputs by name and by position', async () => {
    const pond = createTestPond();
    const nested = pond.bind(new Nested());
    const context = await nested.inner('Bern');
    expect(context.task).toEqual({
      name: 'inner',
      identity: 'Nested.inner',
      className: 'Nested',
      version: '3',
      tags: ['inner'],
    });
    expect(context.taskRun).toMatchObject({
      taskKey: 'Nested.inner',
      runCount: 1,
      tags: ['inner'],
      startTime: new Date(pond.clock.now()),
    });
    expect(context.taskRun.id).toBe(context.taskRunId);
    expect({ ...context.parameters }).toEqual({ _city: 'Bern' });
    expect(context.args).toEqual(['Bern']);
    expect(context.attempt).toBe(1);
    expect(context.signal.aborted).toBe(false);
    expect(JSON.parse(JSON.stringify(context.taskRun))).toMatchObject({ id: context.taskRunId, name: 'inner' });
  });

  it('of a flow knows the flow, its run and its inputs', async () => {
    const pond = createTestPond();
    const nested = pond.bind(new Nested());
    await nested.main('monday');
    const main = nested.seen.main as RunContext;
    expect(main).toMatchObject({
      kind: 'flow',
      flow: { name: 'the main one', identity: 'Nested.main', className: 'Nested' },
    });
    expect({ ...main.parameters }).toEqual({ _day: 'monday' });
    expect({ ...main.flowRun.parameters }).toEqual({ _day: 'monday' });
    expect(main.flowRun.startTime).toEqual(new Date(pond.clock.now()));
    expect(JSON.parse(JSON.stringify(main.flowRun))).toMatchObject({ id: main.flowRunId, name: main.flowRun.name });
  });

  it('reaches the flow from a task in a task, and the flow context from inside tasks', async () => {
    const ids: string[] = [];
    const leaf = task(async () => ids.push(getFlowRunContext().flowRunId, getRunContext().flowRun.id), {
      name: 'leaf',
    });
    const middle = task(async () => leaf(), { name: 'middle' });
    const all = flow(
      async () => {
        await middle();
        return getFlowRunContext().flowRunId;
      },
      { name: 'all' },
    );
    const id = await createTestPond().run(() => all());
    expect(ids).toEqual([id, id]);
  });

  it('of a task outside a flow throws a NoFlowRunError for what is the flow run’s', async () => {
    const context = await createTestPond().bind(new Nested()).inner('x');
    expect(context.inFlow).toBe(false);
    expect(() => context.flowRun).toThrow(NoFlowRunError);
    expect(() => context.flowRunId).toThrow(NoFlowRunError);
    expect(() => context.taskRun.flowRunId).toThrow(NoFlowRunError);
    expect(() => context.flowRun).toThrow(/Nested\.inner: flowRun was read outside a flow run/);
    expect(() => createTestPond().run(() => task(() => getFlowRunContext(), { name: 'lone' })())).toThrow(
      MissingContextError,
    );
  });

  it('is no task’s directly in a flow', async () => {
    const direct = flow(async () => getTaskRunContext(), { name: 'direct' });
    await expect(createTestPond().run(() => direct())).rejects.toThrow(MissingContextError);
  });

  it('shows itself in one line, without its insides', async () => {
    const { inspect } = await import('node:util');
    const context = await createTestPond().bind(new Nested()).inner('secret');
    expect(inspect(context)).toBe("TaskRunContext { Task run 'inner' }");
  });
});

describe('a run scope', () => {
  it('is kept after await, in timers, microtasks, emitters and in submitted tasks', async () => {
    const { EventEmitter } = await import('node:events');
    const id = async (): Promise<string> => getRunContext().flowRun.id;
    const leaf = task(id, { name: 'leaf' });
    const all = flow(
      async () => {
        const emitter = new EventEmitter();
        const heard = new Promise<string>((resolve) => emitter.once('x', () => resolve(getRunContext().flowRun.id)));
        emitter.emit('x');
        const seen = [
          await id(),
          await new Promise<string>((resolve) => setTimeout(() => resolve(getRunContext().flowRun.id), 1)),
          await new Promise<string>((resolve) => setImmediate(() => resolve(getRunContext().flowRun.id))),
          await new Promise<string>((resolve) => process.nextTick(() => resolve(getRunContext().flowRun.id))),
          await Promise.reject(new Error('x')).catch(id),
          await heard,
          await submit(leaf)().result(),
        ];
        return [new Set(seen).size, seen[0] === getRunContext().flowRun.id];
      },
      { name: 'all' },
    );
    expect(await createTestPond().run(() => all())).toEqual([1, true]);
  });

  it('of a submitted task is the run it was submitted in, also when its arguments come later', async () => {
    const pond = createTestPond();
    let release: (value: number) => void = () => {};
    const first = task(
      () =>
        new Promise<number>((resolve) => {
          release = resolve;
        }),
      { name: 'first' },
    );
    const second = task(async (_n: number) => getRunContext().flowRun.id, { name: 'second' });
    const all = flow(async () => [getRunContext().flowRun.id, submit(second)(submit(first)())] as const, {
      name: 'all',
    });
    const [id, future] = await pond.run(async () => {
      const running = all();
      release(1);
      return running;
    });
    expect(await future.result()).toBe(id);
  });
});

describe('names', () => {
  class Names {
    @Task({ cacheKeyFn: taskInputHash })
    async quote(_sku: string) {
      return 1;
    }

    @Task()
    async other() {}

    @Flow()
    async twice() {
      await this.quote('a');
      await this.other();
      await this.quote('a');
      await this.quote('b');
    }
  }

  it('of task runs count from 0 in each flow run, for each task, at hits too', async () => {
    const pond = createTestPond();
    const names: string[] = [];
    for (const event of ['task:Completed', 'task:Cached'] as const)
      pond.events.on(event, ({ taskRun }) => names.push(taskRun.name));
    const service = pond.bind(new Names());
    await service.twice();
    await service.twice();
    expect(names).toEqual(['quote-0', 'other-0', 'quote-1', 'quote-2', 'quote-0', 'other-0', 'quote-1', 'quote-2']);
  });

  it('count hits that nobody saw', async () => {
    const pond = createTestPond();
    const service = pond.bind(new Names());
    const all = flow(
      async () => {
        await service.quote('a');
        await service.quote('a');
        await service.quote('a');
        return submit(service).quote('z').taskRun.name;
      },
      { name: 'all' },
    );
    expect(await pond.run(() => all())).toBe('quote-3');
  });

  it('are the task’s own outside a flow', async () => {
    expect(submit(createTestPond().bind(new Names())).quote('a').taskRun.name).toBe('quote');
  });

  it('come from a template over the inputs, dates and paths into them included', async () => {
    class Right {
      @Task({ parameters: ['sku', 'day', 'box'], taskRunName: 'quote {sku} of {day} {box.size} {box.toString} {box}' })
      async quote(_sku: string, _day: Date, _box: { size: number }) {
        return getTaskRunContext().taskRun.name;
      }
    }
    const name = await createTestPond().run(() => new Right().quote('A1', new Date(0), { size: 3 }));
    expect(name).toBe('quote A1 of 1970-01-01T00:00:00.000Z 3 undefined {"size":3}');
  });

  it('come from a function of the inputs', async () => {
    class Functions {
      @Task({ taskRunName: (parameters: { sku: string }) => `for ${parameters.sku}` })
      async quote(sku: string) {
        return [sku, getTaskRunContext().taskRun.name];
      }

      @Flow({ flowRunName: 'nightly {day}' })
      async nightly(day: string) {
        return [day, getRunContext().flowRun.name];
      }
    }
    const pond = createTestPond();
    expect(await pond.run(() => new Functions().quote('A1'))).toEqual(['A1', 'for A1']);
    expect(await pond.run(() => new Functions().nightly('monday'))).toEqual(['monday', 'nightly monday']);
  });

  it('that name no parameter are refused at decoration', () => {
    const make = () => {
      class Wrong {
        @Task({ taskRunName: 'quote {sky}' })
        async quote(_sku: string) {}
      }
      return Wrong;
    };
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(
      /Wrong\.quote: option `taskRunName` names 'sky', which is no parameter .*Its parameters are _sku/,
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no name');
      },
    ],
    ['gives no text', () => 7 as unknown as string],
    ['gives an empty text', () => ''],
    ['reads an unknown parameter', (parameters: Record<string, string>) => parameters.sky as string],
    ['asks for the name it makes', () => getTaskRunContext().taskRun.name.slice(0, 0)],
  ])('whose function %s fall back, with one warning, and the run goes on', async (_, taskRunName) => {
    const pond = createTestPond();
    const troubles: string[] = [];
    pond.events.on('trouble', ({ message }) => troubles.push(message));
    const named = task(async () => getTaskRunContext().taskRun.name, {
      name: 'named',
      taskRunName: taskRunName as never,
    });
    expect(await pond.run(() => named())).toBe('named');
    expect(troubles[0]).toMatch(/the run's name could not be made/);
  });

  it('of flows that cannot be made fall back to two words', async () => {
    const named = flow(async () => getRunContext().flowRun.name, {
      name: 'named',
      flowRunName: () => {
        throw new Error('x');
      },
    });
    expect(await createTestPond().run(() => named())).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it('are made once a run, and stay when the inputs change', async () => {
    let made = 0;
    const named = task(
      async (box: { size: number }) => {
        const first = getTaskRunContext().taskRun.name;
        box.size = 9;
        return [first, getTaskRunContext().taskRun.name];
      },
      {
        name: 'named',
        parameters: ['box'],
        taskRunName: ({ box }: { box: { size: number } }) => `${++made} ${box.size}`,
      },
    );
    const state = await createTestPond().run(() => returnState(named)({ size: 1 }));
    expect(state.result()).toEqual(['1 1', '1 1']);
  });

  it('longer than 200 characters are cut', async () => {
    const named = task(async () => getTaskRunContext().taskRun.name, {
      name: 'named',
      taskRunName: () => 'x'.repeat(10_000),
    });
    expect((await createTestPond().run(() => named())).length).toBe(200);
  });
});
