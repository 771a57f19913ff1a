import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

// Which Redis specs talk to: REDIS_URL, else the one on 127.0.0.1:6379, else one of their own. Without any they are skipped
// aloud, and fail where REQUIRE_SERVERS=1 says that they must not be.

const run = promisify(execFile);

/** A server for specs. */
export interface RedisServer {
  readonly url: string;
  /** Ends it, if it was started here. */
  stop(): Promise<void>;
}

/** A server that a spec may kill. */
export interface OwnRedis extends RedisServer {
  readonly port: number;
  readonly pid: number;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

/** Finds a server, or starts one; undefined where there is none, which is said aloud. */
export async function findRedis(): Promise<RedisServer | undefined> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL !== undefined && REDIS_URL !== '') return { url: REDIS_URL, stop: async () => {} };
  if (await answers(6379, /^\+PONG/)) return { url: 'redis://127.0.0.1:6379', stop: async () => {} };
  return startRedis();
}

/** Starts a server of the spec's own on a free port; undefined where there is no program for it, which is said aloud. */
export async function startRedis(...args: string[]): Promise<OwnRedis | undefined> {
  const program = await findProgram();
  if (program !== undefined) return start(program, args);
  const why = 'no Redis: set REDIS_URL, start one on 127.0.0.1:6379, or install redis-server';
  if (process.env.REQUIRE_SERVERS === '1') throw new Error(`${why} (REQUIRE_SERVERS=1)`);
  process.stderr.write(`\n########## SPECS SKIPPED: ${why}. ##########\n\n`);
  return undefined;
}

/** A program that serves Redis. */
export interface Program {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The program on the PATH, else Debian's, unpacked. */
export async function findProgram(): Promise<Program | undefined> {
  return (await onPath()) ?? (await unpacked());
}

/** How long a server may take to come up: against hanging, not for speed. */
const START_MS = 30_000;

/** Resolves when what listens on the port answers; false where the process ended before, as where another was faster to take the port. */
export async function isUp(child: ChildProcess, port: number): Promise<boolean> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (await answers(port)) return true;
    await sleep(25);
  }
  throw new Error(`what was started on port ${port} did not answer within ${START_MS / 1_000} s`);
}

async function start(program: Program, args: readonly string[]): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'flowpond-redis-'));
  const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  let child: ChildProcess;
  process.once('exit', () => child.kill('SIGKILL'));
  const launch = (onPort: number): Promise<boolean> => {
    const all = [...fixed, '--port', String(onPort), ...args];
    child = spawn(program.path, all, { stdio: 'ignore', env: program.env });
    return isUp(child, onPort);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill('SIGKILL');
    await gone;
  };
  let port = await freePort();
  for (let tries = 1; !(await launch(port)); port = await freePort()) {
    if (tries++ === 5) throw new Error(`${program.path} did not start: ${[...fixed, ...args].join(' ')}`);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid as number;
    },
    kill,
    restart: async () => {
      await kill();
      if (!(await launch(port))) throw new Error(`${program.path} did not start again on port ${port}`);
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether something on the port speaks Redis: by default even a server that wants a password does. */
export function answers(port: number, greeting = /^(?:\+PONG|-NOAUTH)/): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(5_000, () => done(false)); // what listens is busy, or is no Redis
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (bytes) => done(greeting.test(bytes.toString())));
  });
}

/** How far above its own port a node of a cluster listens for the others. */
const BUS = 10_000;

/**
 * A port that nobody listens on, nor on its bus port: below those that the system gives to outgoing connections, so that none takes it
 * before a server does, or while one is restarted; and no bus port comes to lie above the last port that there is.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 12_000 + BUS);
    if ((await isFree(port)) && (await isFree(port + BUS))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function onPath(): Promise<Program | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['redis-server', 'valkey-server']) {
      const path = join(folder, name);
      if (await isProgram(path)) return { path, env: process.env };
    }
  }
  return undefined;
}

/** Debian's own package, fetched and unpacked into a cache folder: nothing is installed. */
async function unpacked(): Promise<Program | undefined> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flowpond', 'redis');
  const root = join(folder, 'unpacked');
  const path = join(root, 'usr', 'bin', 'redis-server');
  try {
    if (!(await isProgram(path))) await unpack(folder, root);
  } catch {
    return undefined; // no Debian, or no way to its packages
  }
  const libraries = join(root, 'usr', 'lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
  return (await isProgram(path)) ? { path, env: { ...process.env, LD_LIBRARY_PATH: libraries } } : undefined;
}

const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

/** Into a folder of this process's own first: others do the same at the same time, and look for the program. */
async function unpack(folder: string, root: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const own = await mkdtemp(join(folder, 'unpacking-'));
  try {
    await download(own);
    const files = await readdir(own);
    for (const file of files) await run('dpkg', ['-x', join(own, file), join(own, 'root')]);
    await rename(join(own, 'root'), root).catch(() => {}); // another was faster
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function download(cwd: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...PACKAGES], { cwd });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || tries === 10) throw error;
    }
    await run('apt-get', ['update', '-qq']).catch(() => sleep(1_000)); // another holds its lock
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
