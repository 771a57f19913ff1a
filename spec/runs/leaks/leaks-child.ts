import { setImmediate as later } from 'node:timers/promises';
import {
  createPond,
  flow,
  getRunContext,
  memoryStore,
  refresh,
  returnState,
  submit,
  Task,
  taskInputHash,
  withOptions,
} from '../../../lib/index.js';

// What leaks.spec.ts runs with --expose-gc: many runs of every kind, then what is left of them.
const gc = globalThis.gc as () => void;
const pond = createPond({ logLevel: 'silent', store: memoryStore({ maxEntries: 500 }) });
const { signal } = new AbortController(); // lives as long as the process
const watched: WeakRef<object>[] = [];
let watching = false;

function watch(object: object): void {
  if (watching) watched.push(new WeakRef(object));
}

class Service {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1h', onCompletion: async () => later() })
  async quote(input: { id: number; bulk: string }) {
    watch(input);
    watch(getRunContext());
    await null;
    return input.id;
  }

  @Task({ cacheKeyFn: taskInputHash })
  sum(a: number, b: number) {
    return a + b;
  }

  @Task({ cacheKeyFn: taskInputHash, retries: 1, timeout: '1m' })
  async fail(input: { id: number }) {
    watch(input);
    watch(getRunContext());
    watch(getRunContext().signal);
    await null;
    throw new Error(`${input.id}`);
  }

  @Task()
  async wait(input: { id: number }) {
    watch(input);
    const context = getRunContext();
    watch(context);
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
  }
}

const service = pond.bind(new Service());

const turn = flow(
  async (id: number) => {
    watch(getRunContext());
    const input = { id: id % 2_000, bulk: 'x'.repeat(100) };
    const future = submit(service).quote(input);
    await Promise.all([service.quote(input), service.quote({ ...input })]); // a hit, or joined runs
    service.sum(id % 300, 1);
    service.sum(id % 300, 1);
    await service.fail({ id }).catch(() => {});
    const cancelled = submit(service).wait({ id });
    cancelled.cancel();
    await cancelled.wait();
    await future.result();
    if (id % 10 === 0) await refresh(service).quote(input);
    const state = await returnState(withOptions(service, { signal })).quote(input);
    watch(state);
  },
  { name: 'turn', onCompletion: () => {} },
);

async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    await pond.run({ signal }, () => Promise.all(Array.from({ length: 50 }, (_, index) => turn(done + index))));
  }
  await later();
}

async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc();
    await later();
  }
  return process.memoryUsage().heapUsed;
}

await turns(2_500); // rings, tombstones and the store fill up
const before = await heap();
const runsBefore = pond.stats();
await turns(11_000);
const after = await heap();
const stats = pond.stats();
const asked = (one: typeof stats): number =>
  one.hits + one.joined + one.misses + one.refreshes + one.bypassed + one.flowRuns;

watching = true;
await turns(500);
watching = false;
const left = (): number => watched.filter((ref) => ref.deref() !== undefined).length;
let alive = watched.length;
for (let tries = 0; alive > 0 && tries < 20; tries++) {
  // What ran last may still stand in a register or on the stack: other runs take its place.
  await turns(50);
  // The store keeps the last runs' values; what they were computed from must go.
  await heap();
  alive = left();
}
let flights = 0;
for (const method of ['quote', 'sum', 'fail'])
  flights += pond.runtime.keyring(`Service.${method}`, undefined).flights.size;
const pending = pond.runtime.pending.size;
await pond.close();
await later();
const handles = process
  .getActiveResourcesInfo()
  .filter((name) => !/Pipe|TTY|FSReqCallback|MessagePort|CloseReq/.test(name));
process.stdout.write(
  JSON.stringify({
    grownMb: (after - before) / 2 ** 20,
    runs: asked(stats) - asked(runsBefore),
    watched: watched.length,
    alive,
    flights,
    pending,
    handles,
  }),
);
