import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
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
  if (await answers(6379)) return { url: 'redis://127.0.0.1:6379', stop: async () => {} };
  return startRedis();
}

/** Starts a server of the spec's own on a free port; undefined where there is no program for it, which is said aloud. */
export async function startRedis(...args: string[]): Promise<OwnRedis | undefined> {
  const program = await findProgram();
  if (program !== undefined) return start(program, await freePort(), args);
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

async function start(program: Program, port: number, args: readonly string[]): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'flowpond-redis-'));
  const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder];
  let child: ChildProcess;
  process.once('exit', () => child.kill('SIGKILL'));
  const launch = async (): Promise<void> => {
    child = spawn(program.path, [...fixed, ...args], { stdio: 'ignore', env: program.env });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new Error(`${program.path} did not start on port ${port}`);
      await sleep(25);
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill('SIGKILL');
    await gone;
  };
  await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid as number;
    },
    kill,
    restart: async () => {
      await kill();
      await launch();
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether something on the port speaks Redis: even a server that wants a password does. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (bytes) => done(/^(?:\+PONG|-NOAUTH)/.test(bytes.toString())));
  });
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
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
  const root = join(folder, 'root');
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

async function unpack(folder: string, root: string): Promise<void> {
  const packages = join(folder, 'debs');
  await mkdir(packages, { recursive: true });
  const download = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...PACKAGES];
  try {
    await run('apt-get', download, { cwd: packages });
  } catch {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', download, { cwd: packages });
  }
  for (const file of await readdir(packages)) await run('dpkg', ['-x', join(packages, file), root]);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
