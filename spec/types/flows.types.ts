import { type CacheKeyFn, Flow, type FlowCacheKeyFn, type FlowOptions, flow, taskInputHash, unmapped } from 'flowpond';
import { type Equal, same } from './equal.js';

const ofTasks: CacheKeyFn<object> = (context, parameters) => taskInputHash(context, parameters);
const ofFlows: FlowCacheKeyFn<object> = (context) => context.flow.name;
const plain: FlowCacheKeyFn = () => 'static';
const common: FlowOptions = { retries: 3, timeout: '5s' };

export class Accepted {
  @Flow() nothing() {}
  @Flow(common) sharedOptions(): number {
    return 1;
  }
  @Flow({ name: 'nightly', logPrints: true, timeout: '1h' }) async nightly(day: string): Promise<string> {
    return day;
  }
  @Flow({ cacheKeyFn: taskInputHash }) helper(_day: string) {}
  @Flow({ cacheKeyFn: plain }) plain(_day: string) {}
  @Flow({ cacheKeyFn: ofFlows }) typed(_day: string) {}
  @Flow({ cacheKeyFn: ofTasks, retries: 2 }) typedForTasks(_day: string) {}
  @Flow({
    cacheKeyFn: (context, p: { day: string }) => `${same<Equal<typeof context.kind, 'flow-key'>>()}${p.day}`,
    flowRunName: (p: { day: string }) => p.day,
    cacheIf: (result: number, context) => context.attempt > result,
  })
  inferredContext(day: string): number {
    return day.length;
  }
  @Flow({ onFailure: (of, run, state) => `${of.name} ${run.name} ${state.name}` }) static async ofClass() {}

  async keepTheirTypes() {
    (await this.nightly('monday')).toUpperCase();
  }
}

export class Refused {
  // @ts-expect-error no call
  @Flow bare() {}
  // @ts-expect-error no call
  @Flow async bareAsync(_day: string) {}
  // @ts-expect-error no options
  @Flow(3) number() {}
  // @ts-expect-error an option of tasks
  @Flow({ tags: ['a'] }) tags() {}
  // @ts-expect-error unknown option, with a hint
  @Flow({ flowrunname: 'x' }) misspelt() {}
  // @ts-expect-error no parameter is a Date
  @Flow({ flowRunName: (p: { day: Date }) => p.day.toISOString() }) runName(_day: string) {}
  // @ts-expect-error unannotated
  @Flow({ flowRunName: (p) => String(p) }) unannotated(_day: string) {}
  // @ts-expect-error a flow's key is made before there is a run
  @Flow({ cacheKeyFn: (context) => context.taskRun.id }) context(_day: string) {}
  // @ts-expect-error synchronous
  @Flow({ timeout: '1s' }) timeout(): number {
    return 1;
  }
  // @ts-expect-error no length of time
  @Flow({ timeout: 'soon' }) async soon() {}
  // @ts-expect-error resolves to a number
  @Flow({ cacheKeyFn: ofFlows, cacheIf: (result: Date) => !!result }) result(): number {
    return 1;
  }
  // @ts-expect-error a field
  @Flow() field = 1;
  // @ts-expect-error a getter
  @Flow() get getter() {
    return 1;
  }
  // @ts-expect-error a #private method
  @Flow() #private() {}

  uses() {
    this.#private();
  }
}

// @ts-expect-error a class
@Flow()
export class RefusedOnClass {}

export const nightly = flow(async (day: string) => day.length, {
  name: 'nightly',
  flowRunName: (p: { day: string }) => p.day,
  cacheKeyFn: ofTasks,
  cacheIf: (result) => result > 0,
});
same<Equal<typeof nightly, (day: string) => Promise<number>>>();
flow((day: string) => day, { cacheKeyFn: (context, p: { day: string }) => context.flow.name + p.day });
// @ts-expect-error an option of tasks
flow(() => 1, { concurrency: 1 });
// @ts-expect-error no parameter is a Date
flow((day: string) => day, { flowRunName: (p: { day: Date }) => p.day.toISOString() });
// @ts-expect-error synchronous
flow(() => 1, { timeout: '1s' });
// @ts-expect-error no function
flow(unmapped([]));
