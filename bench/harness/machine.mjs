import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures were measured on. */
export function machine() {
  const [cpu] = cpus();
  return {
    cpu: `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
  };
}

/** How busy the machine is: processes that want a core, over the last minute. */
export function load() {
  return Math.round(loadavg()[0] * 100) / 100;
}
