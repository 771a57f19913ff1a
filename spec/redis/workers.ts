import { type ChildProcess, execFile, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { RedisStoreOptions } from '../../lib/redis/index.js';
import type { Order, Quoting, Report } from './worker.js';

type Quoted = Extract<Report, { kind: 'quoted' }>;

/** A file of this process's own: another may be making one too. */
const PROGRAM = `node_modules/.cache/flowpond-spec/worker-${process.pid}.mjs`;

/** Makes one file of the worker's program: a process begins in a tenth of the time. */
export async function buildWorker(): Promise<void> {
  const options = ['--bundle', '--platform=node', '--format=esm', '--packages=external', '--target=node20'];
  await promisify(execFile)('node_modules/.bin/esbuild', ['spec/redis/worker.ts', ...options, `--outfile=${PROGRAM}`]);
}

/** Takes the file away. */
export async function removeWorker(): Promise<void> {
  await rm(PROGRAM, { force: true });
}

/** Another process with a pond on the same store. */
export class Worker {
  readonly child: ChildProcess;
  readonly #asked: { sku: string; at: number }[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #quoted = new Map<number, Quoted>();
  #orders = 0;
  #ready = false;

  constructor(store: RedisStoreOptions) {
    this.child = fork(PROGRAM, {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '', STORE: JSON.stringify(store) },
    });
    this.child.on('message', (report: Report) => {
      if (report.kind === 'ready') this.#ready = true;
      else if (report.kind === 'asked') this.#asked.push(report);
      else this.#quoted.set(report.id, report);
      for (const listener of this.#listeners) listener();
    });
  }

  /** How often its supplier was asked. */
  get runs(): number {
    return this.#asked.length;
  }

  ready(): Promise<void> {
    return this.#until(() => (this.#ready ? true : undefined)).then(() => {});
  }

  /** Has it asked for a price. */
  async quote(sku: string, how: Quoting = {}): Promise<Quoted> {
    const id = this.#orders++;
    this.#order({ kind: 'quote', id, sku, ...how });
    return this.#until(() => this.#quoted.get(id));
  }

  /** When its supplier was asked for this, in milliseconds since 1970. */
  async asked(sku: string): Promise<number> {
    const asked = await this.#until(() => this.#asked.find((one) => one.sku === sku));
    return asked.at;
  }

  wasAsked(sku: string): boolean {
    return this.#asked.some((one) => one.sku === sku);
  }

  answer(sku: string, price: string): void {
    this.#order({ kind: 'answer', sku, price });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => {
      this.child.once('exit', resolve);
    });
    this.child.kill(signal);
    await gone;
  }

  #order(order: Order): void {
    this.child.send(order);
  }

  #until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#listeners.delete(check);
        resolve(found);
      };
      this.#listeners.add(check);
      check();
    });
  }
}
