import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { flow, getRunContext, getTaskRunContext, InvalidOptionsError, task, taskInputHash } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

describe('the values of a run scope', () => {
  const tenantOf = task(async () => getTaskRunContext().values.tenant, { name: 'tenantOf' });

  it('are what pond.run set, in the flows and tasks inside, through awaits and timers', async () => {
    const pond = createTestPond();
    const inside = flow(
      async () => {
        await sleep(1);
        return [getRunContext().values, await tenantOf()] as const;
      },
      { name: 'inside' },
    );
    const [values, tenant] = await pond.run({ tenant: 'a', locale: 'de' }, () => inside());
    expect(values).toEqual({ tenant: 'a', locale: 'de' });
    expect(tenant).toBe('a');
  });

  it('are empty where nothing was set', async () => {
    const pond = createTestPond();
    const read = task(async () => ({ ...getTaskRunContext().values }), { name: 'read' });
    expect(await pond.run(() => read())).toEqual({});
  });

  it('are added to by an inner pond.run, which cannot change them', async () => {
    const pond = createTestPond();
    await pond.run({ tenant: 'a' }, async () => {
      expect(await pond.run({ user: 7 }, tenantOf)).toBe('a');
      expect(await pond.run({ tenant: 'a' }, tenantOf)).toBe('a');
      expect(() => pond.run({ tenant: 'b' }, tenantOf)).toThrow(InvalidOptionsError);
      expect(() => createTestPond().run({ tenant: undefined }, tenantOf)).toThrow(
        /pond\.run: option `tenant` already has/,
      );
    });
  });

  it('cannot be changed by a task, whatever it is given', async () => {
    const pond = createTestPond();
    const sneaky = task(
      async (tenant: string) => {
        Reflect.set(getTaskRunContext().values, 'tenant', tenant);
        return pond.run({ tenant }, () => tenantOf());
      },
      { name: 'sneaky' },
    );
    await expect(pond.run({ tenant: 'a' }, () => sneaky('b'))).rejects.toThrow(/already has another value/);
    await expect(pond.run({ tenant: 'a' }, () => sneaky('a'))).resolves.toBe('a');
  });

  it('take own properties only, and no copy of what the caller changes later', async () => {
    const pond = createTestPond();
    const given = Object.assign(Object.create({ role: 'admin' }) as object, { tenant: 'a' });
    const read = task(async () => ({ ...getTaskRunContext().values }), { name: 'read' });
    await pond.run(given, async () => {
      Object.assign(given, { tenant: 'b' });
      expect(await read()).toEqual({ tenant: 'a' });
      expect(getTaskRunContext).toThrow();
    });
    const named = JSON.parse('{"__proto__": "x", "constructor": "y"}') as object;
    expect(await pond.run({ ...named }, read)).toEqual({ ['__proto__']: 'x', constructor: 'y' });
  });

  it('are read by a key function as context.values', async () => {
    const pond = createTestPond();
    let runs = 0;
    const quote = task(async (_sku: string) => ++runs, {
      name: 'quote',
      cacheKeyFn: (context, parameters: object) =>
        `${String(context.values.locale)}-${taskInputHash(context, parameters)}`,
    });
    expect(await pond.run({ locale: 'de' }, () => quote('a'))).toBe(1);
    expect(await pond.run({ locale: 'fr' }, () => quote('a'))).toBe(2);
    expect(await pond.run({ locale: 'de' }, () => quote('a'))).toBe(1);
  });
});
