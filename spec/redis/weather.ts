import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createPond, type Pond, type StateStore } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { TcpProxy, type Weather } from '../servers/tcp-proxy.js';
import { LostTime } from './lost-time.js';
import { LEASE_MS, Pricing } from './pricing.js';

// One process behind bad weather, one with a good line to the same server; what the first is doing when the weather turns.

const TIMEOUT_MS = 300;
const COMPUTE_MS = 400;
/** How long a store believes what it knows of invalidations where it cannot hear (`lib/redis/board.ts`). */
const BELIEVED_MS = 3_000;

/** The deadlines of a call: the wait for a lease that ran out, a body, a store that does not answer before and after it. */
export const DEADLINE_MS = LEASE_MS + COMPUTE_MS + 2 * TIMEOUT_MS;
/** What a call may take over its deadlines. */
export const SLACK_MS = 1_000;

/** Where the machine stood still for so long, leases and deadlines have run out for that alone: what goes wrong then shows nothing. */
const STILL_MS = 100;
/** How often a scene is played on a machine that stands still again and again. */
const TRIES = 6;

export const WEATHERS: Readonly<Record<string, Weather | 'cut'>> = {
  'connections that are cut': 'cut',
  'connections that are refused': { refuse: true },
  'connections on which nothing passes': { silent: true },
  'a subscription on which nothing passes': { silent: 'subscribers' },
  'answers that come 2 s late': { delayMs: 1_000 },
  'bytes that come one by one': { sliced: true },
};

interface Party {
  readonly store: StateStore;
  readonly pond: Pond;
  readonly pricing: Pricing;
  readonly runs: string[];
}

interface Scene {
  readonly far: Party;
  readonly near: Party;
  /** What both suppliers ask for anything. */
  price: number;
  /** The weather turns. */
  turn(): void;
  /** Takes the time of a call. */
  timed(call: Promise<string>): Promise<string>;
  /** Notes an answer that is none of these. */
  expect(answer: string, ...right: readonly string[]): void;
}

/** What one scene in one kind of weather came to. */
export interface Played {
  readonly weather: string;
  /** Without what the machine took. */
  longestCallMs: number;
  readonly wrong: string[];
}

type Play = (scene: Scene) => Promise<void>;

/** Reads on, or computes by itself, in time. */
const reader: Play = async ({ far, near, turn, timed, expect }) => {
  await near.pricing.quote('A1');
  expect(await far.pricing.quote('A1'), 'A1 at 7 of near');
  turn();
  for (let i = 0; i < 3; i++) {
    expect(await timed(far.pricing.quote('A1')), 'A1 at 7 of near', 'A1 at 7 of far');
    expect(await timed(near.pricing.quote('A1')), 'A1 at 7 of near');
  }
};

/** Waits for another no longer than it would have, and gets a value. */
const waiter: Play = async ({ far, near, turn, timed, expect }) => {
  const computing = near.pricing.quote('A1');
  while (!near.runs.includes('A1')) await sleep(5);
  const waiting = timed(far.pricing.quote('A1'));
  await sleep(50);
  turn();
  expect(await waiting, 'A1 at 7 of near', 'A1 at 7 of far');
  expect(await computing, 'A1 at 7 of near');
  expect(await near.pricing.quote('A1'), 'A1 at 7 of near');
};

/** Holds up nobody who waits for it, and never puts its value over a newer one. */
const holder: Play = async ({ far, near, turn, timed, expect }) => {
  const computing = timed(far.pricing.quote('A1'));
  while (!far.runs.includes('A1')) await sleep(5);
  const waiting = timed(near.pricing.quote('A1'));
  await sleep(50);
  turn();
  const [late, heir] = await Promise.all([computing, waiting]);
  expect(late, 'A1 at 7 of near', 'A1 at 7 of far');
  expect(heir, 'A1 at 7 of near', 'A1 at 7 of far');
  await sleep(TIMEOUT_MS);
  expect(await near.pricing.quote('A1'), heir);
};

/** Does not hear of an invalidation, and serves what it voids for no longer than it believes its silence. */
const subscriber: Play = async (scene) => {
  const { far, near, turn, timed, expect } = scene;
  await near.pricing.quote('A1');
  expect(await far.pricing.quote('A1'), 'A1 at 7 of near');
  turn();
  await sleep(50);
  scene.price = 8;
  await near.store.invalidate({ tags: ['sku A1'] });
  const since = performance.now();
  for (let age = 0; age < BELIEVED_MS + 300; ) {
    age = performance.now() - since; // when the call is made
    const old = age < BELIEVED_MS ? ['A1 at 7 of near'] : [];
    expect(await timed(far.pricing.quote('A1')), 'A1 at 8 of far', ...old);
    await sleep(20);
  }
  expect(await timed(near.pricing.quote('A1')), 'A1 at 8 of near', 'A1 at 8 of far');
};

/** What the process behind the weather is doing when it turns. */
export const SCENES: Readonly<Record<string, Play>> = { reader, waiter, holder, subscriber };

function party(name: string, port: number, prefix: string, price: () => number): Party {
  const store = redisStore({ url: `redis://127.0.0.1:${port}`, prefix, timeout: TIMEOUT_MS });
  const pond = createPond({ store, logLevel: 'silent', storeTimeout: TIMEOUT_MS });
  const runs: string[] = [];
  const supplier = async (sku: string): Promise<string> => {
    const asked = price();
    runs.push(sku);
    await sleep(COMPUTE_MS);
    return `${sku} at ${asked} of ${name}`;
  };
  return { store, pond, pricing: pond.bind(new Pricing(supplier)), runs };
}

/** Plays a scene in each kind of weather, all at once, before a server. */
export async function inEachWeather(port: number, play: Play): Promise<readonly Played[]> {
  const client = new Redis(port, '127.0.0.1');
  const lost = LostTime.beside(() => client.ping());
  try {
    return await Promise.all(Object.keys(WEATHERS).map((weather) => inSteadyWeather(port, weather, play, lost)));
  } finally {
    lost.stop();
    client.disconnect();
  }
}

/** Plays it again where something went wrong while this process or the server stood still. */
async function inSteadyWeather(port: number, weather: string, play: Play, lost: LostTime): Promise<Played> {
  for (let tries = 1; ; tries++) {
    const before = lost.ms;
    const isExcused = (): boolean => tries < TRIES && lost.ms - before > STILL_MS;
    try {
      const played = await inWeather(port, weather, play, lost);
      const isRight = played.wrong.length === 0 && played.longestCallMs <= DEADLINE_MS + SLACK_MS;
      if (isRight || !isExcused()) return played;
    } catch (error) {
      if (!isExcused()) throw error;
    }
  }
}

async function inWeather(port: number, weather: string, play: Play, lost: LostTime): Promise<Played> {
  const played: Played = { weather, longestCallMs: 0, wrong: [] };
  const proxy = await TcpProxy.listen(port);
  const prefix = `weather-${randomUUID()}`;
  const price = (): number => scene.price;
  const scene: Scene = {
    far: party('far', proxy.port, prefix, price),
    near: party('near', port, prefix, price),
    price: 7,
    turn: () => {
      const turned = WEATHERS[weather];
      if (turned === 'cut') proxy.cut();
      else proxy.weather(turned as Weather);
    },
    timed: async (call) => {
      const began = performance.now() - lost.ms;
      const answer = await call;
      played.longestCallMs = Math.max(played.longestCallMs, performance.now() - lost.ms - began);
      return answer;
    },
    expect: (answer, ...right) => {
      if (!right.includes(answer)) played.wrong.push(`${answer}, not ${right.join(' or ')}`);
    },
  };
  const { far, near } = scene;
  try {
    await Promise.all([far, near].map(({ pricing }) => pricing.quote('warm')));
    await play(scene);
  } finally {
    await Promise.all([far.pond.close(0), near.pond.close(0)]);
    await proxy.close();
  }
  return played;
}
