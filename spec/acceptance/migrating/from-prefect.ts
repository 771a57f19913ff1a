import { Flow, getRunContext, Task, taskInputHash } from '../../../lib/index.js';

export class Computation {
  runs = 0;

  @Task({
    cacheKeyFn: (context, parameters: { x: number }) =>
      `${context.taskRun.flowRunId}-${taskInputHash(context, parameters)}`,
    cacheExpiration: { minutes: 1 },
    retries: 3,
    retryDelay: ['1s', '2s', '4s'],
  })
  async expensiveComputation(x: number): Promise<number> {
    this.runs++;
    return 42;
  }

  @Flow({ name: 'cache it', logPrints: true })
  async cacheIt(): Promise<void> {
    console.log(getRunContext().flowRun.id);
    for (let i = 0; i < 5; i++) await this.expensiveComputation(1);
  }
}
