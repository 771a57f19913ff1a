// A process of the load test, that of the supplier or that of a shop: tells its URL, and when asked how often its data was asked for, and ends.
import { Database } from '../shop/database/database.js';
import { furnish } from '../shop/start.js';
import { startSupplier } from '../supplier/supplier.js';
import { VARIANTS } from './variants.js';

const [role = '', supplierUrl = ''] = process.argv.slice(2);
const { url, counts } = role === 'supplier' ? await supplier() : await shop();
const before = process.cpuUsage();
process.send?.({ url });
process.once('disconnect', () => process.exit()); // whoever started it is gone
process.once('message', () => process.send?.(counts(), () => process.exit()));

/** What a process tells at its end. */
export interface Counts {
  /** How often its data was asked for. */
  readonly asked: number;
  /** Processor time since it listens, all threads. */
  readonly cpuMs: number;
}

interface Running {
  readonly url: string;
  readonly counts: () => Counts;
}

async function supplier(): Promise<Running> {
  const { url, desk } = await startSupplier();
  return { url, counts: () => ({ asked: desk.calls, cpuMs: cpuMs() }) };
}

async function shop(): Promise<Running> {
  const app = await VARIANTS[role]?.({ supplierUrl });
  if (app === undefined) throw new Error(`There is no variant ${role}.`);
  await furnish(app).listen(0, '127.0.0.1');
  return { url: await app.getUrl(), counts: () => ({ asked: app.get(Database).statements, cpuMs: cpuMs() }) };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
