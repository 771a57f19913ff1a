import { createPond, getTaskRunContext, returnState, Task, taskInputHash } from 'flowpond';

class ReportService {
  /** Reads the tenant from where the entry point put it, as a data base layer would. */
  #read(month: string): string {
    return `the ${month} report of ${JSON.stringify(getTaskRunContext().values.tenant)}`;
  }

  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
  async monthly(month: string): Promise<string> {
    return this.#read(month);
  }

  @Task({ cacheKeyFn: taskInputHash })
  async careless(month: string): Promise<string> {
    return this.#read(month);
  }
}

const pond = createPond({ logLevel: 'silent' });
const reports = pond.bind(new ReportService());

async function call(method: 'monthly' | 'careless', tenant: unknown): Promise<void> {
  const state = await pond.run({ tenant }, () => returnState(reports)[method]('May'));
  const answer = state.isCompleted() ? state.result() : state.message;
  console.log(`  ${JSON.stringify(tenant) ?? 'undefined'} gets ${answer}, ${state.cache?.status}`);
}

console.log("With varyBy: ['tenant'], each tenant has its own");
for (const tenant of ['acme', 'globex', 'acme']) await call('monthly', tenant);

console.log('\nWithout it the second is given what the first one was');
for (const tenant of ['acme', 'globex']) await call('careless', tenant);

console.log("\n0 and '' are tenants like any other");
for (const tenant of [0, '', '0']) await call('monthly', tenant);

console.log('\nNo tenant: refused, not shared');
await pond.run(() => reports.monthly('May')).catch((error: Error) => console.log(`  ${error.name}: ${error.message}`));

console.log('\nInside a run nobody becomes another tenant');
await pond.run({ tenant: 'acme' }, async () => {
  try {
    await pond.run({ tenant: 'globex' }, () => reports.monthly('May'));
  } catch (error) {
    console.log(`  ${error}`);
  }
});

await pond.close();
