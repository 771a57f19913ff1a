import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configure, defaultPond, flow, InvalidOptionsError, type Pond, Task, task } from '../../lib/index.js';
import { bind, bindingOf, onStray, unbind } from '../../lib/pond/bindings.js';
import { currentScope } from '../../lib/runs/frame.js';
import { createTestPond } from '../../lib/testing/index.js';

/** The pond that a run is in. */
const here = (): unknown => currentScope()?.runtime;

function service() {
  class Base {
    @Task()
    async where() {
      return here();
    }

    @Task()
    static async whereStatic() {
      return here();
    }
  }
  class Heir extends Base {}
  return { Base, Heir, heir: new Heir() };
}

describe('the pond of a call', () => {
  it('is that of pond.run, then of the bound instance, its bound class, a bound base class, the run around it, the default one', async () => {
    const levels = ['run', 'instance', 'class', 'base', 'ambient'] as const;
    await fc.assert(
      fc.asyncProperty(fc.subarray([...levels]), async (given) => {
        const ponds = new Map<string, Pond>(given.map((level) => [level, createTestPond()]));
        const { Base, Heir, heir } = service();
        ponds.get('instance')?.bind(heir);
        ponds.get('class')?.bind(Heir);
        ponds.get('base')?.bind(Base);
        const call = async () => heir.where();
        const inRun = () => ponds.get('run')?.run(call) ?? call();
        // A run of a bound service is a pond around it that nobody named: weaker than a binding.
        class Around {
          @Task()
          async go() {
            return inRun();
          }
        }
        const around = new Around();
        ponds.get('ambient')?.bind(around);
        const got = await (ponds.has('ambient') ? around.go() : inRun());
        const first = levels.find((level) => ponds.has(level));
        expect(got).toBe(first === undefined ? defaultPond().runtime : ponds.get(first)?.runtime);
      }),
      { numRuns: 64 },
    );
  });

  it('of a static method is that of the class, or of one it extends', async () => {
    const { Base, Heir } = service();
    const [one, two] = [createTestPond(), createTestPond()];
    one.bind(Base);
    expect(await Heir.whereStatic()).toBe(one.runtime);
    two.bind(Heir);
    expect(await Heir.whereStatic()).toBe(two.runtime);
    expect(await Base.whereStatic()).toBe(one.runtime);
  });

  it('follows a binding that is changed, and one pond.run inside another', async () => {
    const { heir } = service();
    const [one, two] = [createTestPond(), createTestPond()];
    expect(one.bind(heir)).toBe(heir);
    expect(await heir.where()).toBe(one.runtime);
    two.bind(heir);
    expect(await heir.where()).toBe(two.runtime);
    expect(await one.run(() => two.run(() => heir.where()))).toBe(two.runtime);
    expect(await one.run(async () => [await two.run(() => heir.where()), await heir.where()])).toEqual([
      two.runtime,
      one.runtime,
    ]);
  });

  it('of pond.run holds for all that is called inside, through flows and tasks, whatever they are bound to', async () => {
    const [one, two] = [createTestPond(), createTestPond()];
    const { heir } = service();
    two.bind(heir);
    const all = flow(async () => heir.where(), { name: 'all' });
    expect(await one.run(() => all())).toBe(one.runtime);
    expect(await all()).toBe(two.runtime);
  });

  it('of function twins is the ambient one', async () => {
    const pond = createTestPond();
    const where = task(async () => here(), { name: 'where' });
    expect(await pond.run(() => where())).toBe(pond.runtime);
    expect(await where()).toBe(defaultPond().runtime);
  });

  it('may be bound to frozen instances and keeps none of them alive in a list', async () => {
    const pond = createTestPond();
    const { heir } = service();
    expect(await pond.bind(Object.freeze(heir)).where()).toBe(pond.runtime);
  });

  it.each([undefined, null, 1, 'svc', Symbol('x')])('cannot be bound to %p', (value) => {
    expect(() => createTestPond().bind(value as never)).toThrow(InvalidOptionsError);
  });

  it('keeps the states of each pond apart', async () => {
    const [one, two] = [createTestPond(), createTestPond()];
    let runs = 0;
    const counted = task(async () => ++runs, { name: 'counted', cacheKeyFn: () => 'k' });
    expect(await one.run(() => counted())).toBe(1);
    expect(await two.run(() => counted())).toBe(2);
    expect(await one.run(() => counted())).toBe(1);
  });
});

describe('pond.run', () => {
  it('answers with what the function gives, and throws what it throws', async () => {
    const pond = createTestPond();
    const error = new Error('x');
    expect(pond.run(() => 5)).toBe(5);
    expect(await pond.run({}, async () => 6)).toBe(6);
    expect(() =>
      pond.run(() => {
        throw error;
      }),
    ).toThrow(error);
    await expect(pond.run({ signal: new AbortController().signal }, async () => Promise.reject(error))).rejects.toBe(
      error,
    );
  });

  it('refuses what is no function, no options, no signal', () => {
    const pond = createTestPond();
    expect(() => pond.run(undefined as never)).toThrow(/pond\.run: takes a function/);
    expect(() => pond.run({}, 5 as never)).toThrow(InvalidOptionsError);
    expect(() => pond.run({ signal: {} as never }, () => 1)).toThrow(/option `signal` is no AbortSignal/);
    expect(() => pond.run([] as never, () => 1)).toThrow(/pond\.run: takes an options object/);
    expect(() => pond.run('x' as never, () => 1)).toThrow(/pond\.run: takes an options object/);
  });

  it('ends the waits of calls made inside when its signal aborts, of runs submitted there too', async () => {
    const { submit } = await import('../../lib/index.js');
    const pond = createTestPond();
    const controller = new AbortController();
    const never = task(() => new Promise<void>(() => {}), { name: 'never' });
    const future = pond.run({ signal: controller.signal }, () => submit(never)());
    const call = pond.run({ signal: controller.signal }, () => never());
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow(/never.* was cancelled: enough/);
    expect((await future.wait()).name).toBe('Cancelled');
    expect(pond.runtime.pending.size).toBe(0);
  });
});

describe('a class that is bound to no pond', () => {
  it('leaves its calls to the run around them, whatever a class that it extends is bound to', async () => {
    const { Base, Heir, heir } = service();
    const [one, two] = [createTestPond(), createTestPond()];
    one.bind(Base);
    bind(Heir, null);
    expect(await heir.where()).toBe(defaultPond().runtime);
    expect(await Heir.whereStatic()).toBe(defaultPond().runtime);
    class Around {
      @Task()
      async go() {
        return heir.where();
      }
    }
    expect(await two.bind(new Around()).go()).toBe(two.runtime);
    unbind(Heir);
    expect([bindingOf(Heir), await heir.where()]).toEqual([undefined, one.runtime]);
  });

  it('is told of, as is any instance, when a call falls to the default pond', async () => {
    const { heir } = service();
    const pond = createTestPond();
    const told: object[] = [];
    onStray((receiver) => told.push(receiver));
    await pond.run(() => heir.where());
    await pond.bind(service().heir).where();
    expect(told).toEqual([]);
    await heir.where();
    expect(told).toEqual([heir]);
    onStray(() => {});
  });
});

describe('configure', () => {
  it('changes the default pond, and what is not named stays as it was', () => {
    const pond = configure({ caching: 'off', namespace: 'a' });
    expect(pond).toBe(defaultPond());
    configure({ logPrints: true });
    expect(pond.runtime).toMatchObject({ caching: 'off', namespace: 'a', logPrints: true });
    configure({ caching: undefined, namespace: undefined, logPrints: undefined });
    expect(pond.runtime).toMatchObject({ caching: 'on', namespace: '', logPrints: false });
  });
});
