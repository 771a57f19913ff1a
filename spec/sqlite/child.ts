import { appendFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createPond, returnState, Task, taskInputHash } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { RECORD_SCHEMA, type StateRecord } from '../../lib/stores/record.js';
import { KeyScope, StoreKey } from '../../lib/stores/store-key.js';
import { KEYS, written } from './kill-rounds.js';

/** What the processes of the specs do; bundled by `processes.ts`. */

const [program = '', path = '', ...args] = process.argv.slice(2);
const store = sqliteStore({ path });
const scope = new KeyScope('Child.task', undefined, '');
/** At once, also where the reader is behind: a line that waits in this process would die with it. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function recordOf(key: StoreKey, value: unknown, generation: number): StateRecord {
  return {
    schema: RECORD_SCHEMA,
    key,
    value,
    message: undefined,
    storedAt: Date.now(),
    expiresAt: Number.POSITIVE_INFINITY,
    renewForMs: 0,
    errorForMs: 0,
    computeMs: 5,
    generation,
    tags: undefined,
    async: true,
    frozen: false,
    from: { origin: { taskRunId: 'id', taskRunName: 'child' } },
    promise: undefined,
  };
}

/** Adds one to a counter so many times, with nothing but the fence. */
async function increments(name: string, times: number): Promise<void> {
  const key = new StoreKey(scope, name);
  for (let done = 0; done < times; ) {
    const token = `${process.pid}:${done}:${Math.random()}`;
    try {
      const lead = await store.lead(key, { mode: 'refresh', token, leaseMs: done % 2 === 0 ? 0 : 1_000 });
      if (lead.status !== 'lead') throw new Error(lead.status);
      const before = ((await store.get(key))?.value ?? 0) as number;
      const { committed } = await store.commit(key, token, recordOf(key, before + 1, lead.generation));
      if (committed) done++;
    } catch (error) {
      if (!String(error).includes('is locked')) throw error;
    }
  }
}

/** Writes rising numbers under changing keys, and says so after each; until it is killed. */
async function hammer(from: number): Promise<never> {
  for (let n = from; ; n++) {
    const key = new StoreKey(scope, `key ${n % KEYS}`);
    const leaseMs = n % 3 === 0 ? 1_000 : 0;
    try {
      const lead = await store.lead(key, { mode: 'refresh', token: `t${n}`, leaseMs });
      if (lead.status !== 'lead') throw new Error(lead.status);
      const { committed } = await store.commit(key, `t${n}`, recordOf(key, written(n), lead.generation));
      if (committed) print(`${n} ${lead.generation}`);
    } catch (error) {
      if (!String(error).includes('is locked')) throw error;
    }
  }
}

/** Leads with a lease, waits to be told, then commits. */
async function holder(leaseMs: number, value: string): Promise<void> {
  const key = new StoreKey(scope, 'held');
  const token = `${process.pid}`;
  const before = Date.now();
  const lead = await store.lead(key, { mode: 'normal', token, leaseMs });
  print(`${lead.status} ${before}`); // it lasts from then on, or later
  if (lead.status !== 'lead') return;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'commit') break;
  }
  const commit = await store.commit(key, token, recordOf(key, value, lead.generation));
  print(`committed ${commit.committed} ${commit.current?.value}`);
}

class Service {
  @Task({ cacheKeyFn: taskInputHash }) async quote(x: string) {
    if (args[0] !== undefined && args[0] !== '-') appendFileSync(args[0], `${x}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { x, made: 'once' };
  }

  @Task({ cacheKeyFn: taskInputHash }) now(x: string) {
    return [x, new Date(0)];
  }
}

const pond = createPond({ store, storeTimeout: '30s' });
const service = pond.bind(new Service());

const PROGRAMS: Readonly<Record<string, () => Promise<unknown>>> = {
  increments: () => increments(args[0] as string, Number(args[1])),
  hammer: () => hammer(Number(args[0])),
  holder: () => holder(Number(args[0]), args[1] as string),
  /** Many calls of few keys at once. */
  stampede: async () => {
    const calls = Array.from({ length: Number(args[2]) }, (_, i) => service.quote(`key ${i % Number(args[1])}`));
    const values = await Promise.all(calls);
    print(`errors ${pond.stats().storeErrors}`);
    print(
      `sum ${values.filter(({ made }, i) => made === 'once' && values[i]?.x === `key ${i % Number(args[1])}`).length}`,
    );
  },
  /** The seed's program: one run of it, then another. */
  program: async () => {
    for (const state of [await returnState(service).quote('EUR'), returnState(service).now('USD')]) {
      const { status, store: name, ageMs, origin } = state.cache ?? {};
      print(
        JSON.stringify({
          name: state.name,
          value: state.result(),
          status,
          store: name,
          aged: (ageMs ?? -1) >= 0,
          from: origin?.taskRunName,
        }),
      );
    }
  },
};

await PROGRAMS[program]?.();
await store.close();
process.exit(); // whatever is on stdin
