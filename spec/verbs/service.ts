import { Flow, returnState, submit, Task, taskInputHash, withOptions } from '../../lib/index.js';

/** What the specs of the verbs call: every kind of task on one class. */
export class Pricing {
  runs: string[] = [];
  static runs: string[] = [];
  readonly factor: number;

  constructor(factor = 2) {
    this.factor = factor;
  }

  @Task({ cacheKeyFn: taskInputHash })
  async quote(sku: string, amount = 1) {
    this.runs.push(`${sku}${amount}`);
    await null;
    return amount * this.factor;
  }

  @Task({ cacheKeyFn: taskInputHash })
  sum(a: number, b: number) {
    this.runs.push(`${a}+${b}`);
    return a + b;
  }

  @Task()
  async fail(error: unknown): Promise<number> {
    throw error;
  }

  @Task()
  failSync(error: unknown): number {
    throw error;
  }

  @Task({ cacheKeyFn: taskInputHash })
  static async rate(currency: string) {
    Pricing.runs.push(currency);
    return currency.length;
  }

  @Flow()
  async report(day: string) {
    return [day, await this.quote('A1')];
  }

  plain(value: number) {
    return value;
  }

  get broken(): number {
    throw new Error('a getter was run');
  }

  @Task({ cacheKeyFn: taskInputHash })
  private async hidden(value: number) {
    this.runs.push(`hidden ${value}`);
    return value * this.factor;
  }

  async viaThis(value: number) {
    const state = await returnState(this, this.hidden)(value);
    const view = returnState(this).quote(`${value}`);
    const future = submit(this, this.hidden)(value);
    const again = withOptions(this, this.hidden, { refreshCache: true })(value);
    return [state.name, (await view).name, (await future.wait()).name, await again];
  }
}
