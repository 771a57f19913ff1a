import { getTaskRunContext, returnState, type State, task } from '../../lib/index.js';
import type { TestPond } from '../../lib/testing/index.js';
import { deferred, flush } from '../engine/pond-under-test.js';
import type { Outcome } from './freshness-table.js';

/** Lengths in milliseconds: 0 for an option that is not given. */
export interface Lengths {
  readonly lifetime: number;
  readonly renew: number;
  readonly error: number;
}

const FAST_MS = 100;
const SOFT_TIMEOUT_MS = 1_000;
const SLOW_MS = 5_000;
const FAILURES_MS = 30_000;
/** Past the end of everything. */
const NEVER_MS = 3_600_000;
/** The only times at which anything may happen. */
const MOMENTS = [0, FAST_MS, SOFT_TIMEOUT_MS, SLOW_MS, NEVER_MS];

/** What a run does, and what the table calls it. */
export const RUNS = {
  works: 'works',
  'works slowly': 'works slowly',
  fails: 'fails',
  'fails slowly': 'fails slowly',
  'ends at its timeout': 'fails slowly',
  hangs: 'hangs',
} as const;
export type Doing = keyof typeof RUNS;

/** When a call comes, and what the table calls it. */
export const COMINGS = {
  'nothing is stored': 'past both, or first',
  fresh: 'while it is fresh',
  'in the renew window': 'in the renew window',
  'in the error window': 'in the error window',
  'past both': 'past both, or first',
  'held back in the renew window': 'just after a failed renewal',
  'held back in the error window': 'just after a failed renewal',
  'after a failure': 'after a remembered failure',
} as const;
export type Coming = keyof typeof COMINGS;

/** One combination. */
export interface Case {
  readonly lengths: Lengths;
  readonly soft: boolean;
  readonly failures: boolean;
  readonly comes: Coming;
  readonly run: Doing;
}

/** Every combination that there is with these windows. */
export function casesOf(windows: Lengths): readonly Case[] {
  const both = [true, false];
  const sets = both.flatMap((swr) =>
    both.flatMap((sie) => both.flatMap((soft) => both.map((failures) => ({ swr, sie, soft, failures })))),
  );
  return sets.flatMap(({ swr, sie, soft, failures }) => {
    if (soft && !swr && !sie) return []; // refused
    const lengths = { ...windows, renew: swr ? windows.renew : 0, error: sie ? windows.error : 0 };
    const comings = (Object.keys(COMINGS) as Coming[]).filter((comes) => exists(comes, lengths, failures));
    return comings.flatMap((comes) => runsFor(comes).map((run) => ({ lengths, soft, failures, comes, run })));
  });
}

/** Where no run is to begin one kind is enough: it would be counted. */
function runsFor(comes: Coming): readonly Doing[] {
  const begins = comes === 'nothing is stored' || comes.startsWith('in the') || comes === 'past both';
  return begins ? (Object.keys(RUNS) as Doing[]) : ['works'];
}

function exists(comes: Coming, { renew, error }: Lengths, failures: boolean): boolean {
  if (comes === 'after a failure') return failures;
  if (comes.endsWith('renew window')) return renew > 0;
  return comes.endsWith('error window') ? error > renew : true;
}

/** A case's name. */
export function nameOf({ lengths, soft, failures, comes, run }: Case): string {
  const { lifetime, renew, error } = lengths;
  return `lifetime ${lifetime} swr ${renew} sie ${error} soft ${soft} failures ${failures}: ${comes}, ${run}`;
}

/** How long after it was stored the value is that a call of this kind meets. */
function ageFor(comes: Coming, { lifetime, renew, error }: Lengths): number {
  if (comes === 'fresh') return lifetime / 2;
  if (comes.endsWith('renew window')) return lifetime + renew / 2;
  return comes.endsWith('error window') ? lifetime + (renew + error) / 2 : lifetime + Math.max(renew, error);
}

/** What calls of one kind get, as the table says it, and whether the body began. */
interface Seen extends Omit<Outcome, 'next'> {
  readonly runs: number;
}

/** Tries a case with several callers at once, and says what comes of it in the words of the table. */
export async function tryOut(one: Case, pond: TestPond): Promise<Outcome & { readonly runs: number }> {
  const stage = stageOf(one, pond);
  await stage.before();
  stage.does(one.run);
  const seen = await stage.calls(3);
  if (one.run !== 'hangs') stage.does('works');
  const later = await stage.calls(1);
  await stage.end();
  return { ...seen, next: nextOf(seen, later) };
}

function nextOf(first: Seen, { gets, when, behind, runs }: Seen): string {
  if (runs > 0) return 'runs again';
  const same = first.gets === gets && first.when === when && first.behind === behind;
  if (first.runs === 1 && same && (behind === 'the run' || when === 'never')) return 'the same, no second run';
  if (when !== 'at once') return `${gets} ${when}`;
  return NEXT[gets] ?? gets;
}

const NEXT: Readonly<Record<string, string>> = {
  'the value': 'hits it',
  'the new value': 'hits the new value',
  'the old value': 'old value, no run',
  'an equal error': 'equal error, no run',
};

/** A pond and a task whose next run does as it is told. */
function stageOf(one: Case, pond: TestPond) {
  const { lengths, soft, failures, comes, run } = one;
  const { clock } = pond;
  const over = deferred<string>();
  let doing: Doing = 'works';
  let runs = 0;
  let running = 0;

  const body = async (): Promise<string> => {
    const value = `value ${++runs}`;
    running++;
    try {
      await lasts(pond, doing, over.promise);
      if (doing.startsWith('fails')) throw new RangeError(`down ${runs}`);
      return value;
    } finally {
      running--;
    }
  };
  const quote = task(body, {
    name: 'quote',
    identity: nameOf(one),
    cacheKeyFn: () => 'k',
    cacheExpiration: lengths.lifetime,
    ...(lengths.renew > 0 && { staleWhileRevalidate: lengths.renew }),
    ...(lengths.error > 0 && { staleIfError: lengths.error }),
    ...(soft && { softTimeout: SOFT_TIMEOUT_MS }),
    ...(failures && { cacheFailures: { expiration: FAILURES_MS } }),
    ...(run === 'ends at its timeout' && { timeout: SLOW_MS }),
  });

  const calls = async (count: number): Promise<Seen> => {
    const [start, before] = [clock.monotonic(), runs];
    const seen: Omit<Seen, 'runs'>[] = [];
    for (let call = 0; call < count; call++) {
      void pond
        .run(() => returnState(quote)())
        .then((state) => {
          const when = whenOf(clock.monotonic() - start, doing);
          seen.push({
            gets: getsOf(state, comes !== 'nothing is stored'),
            when,
            behind: running > 0 ? 'the run' : 'nothing',
          });
        });
    }
    for (const moment of MOMENTS) {
      await clock.advance(start + moment - clock.monotonic());
      await flush();
      if (seen.length === count && (running === 0 || doing === 'hangs')) break;
    }
    while (seen.length < count) seen.push({ gets: 'nothing', when: 'never', behind: 'nothing' });
    const words = new Set(seen.map((each) => JSON.stringify(each)));
    if (words.size > 1) throw new Error(`who called at once got different things: ${[...words].join(' ')}`);
    return { ...(seen[0] as Seen), runs: runs - before };
  };

  return {
    calls,
    does(what: Doing): void {
      doing = what;
    },
    /** Makes it as it is when the call comes. */
    async before(): Promise<void> {
      if (comes === 'nothing is stored') return;
      await calls(1);
      await clock.advance(ageFor(comes, lengths));
      if (comes !== 'after a failure' && !comes.startsWith('held back')) return;
      doing = 'fails';
      await calls(1);
      await clock.advance(500);
    },
    /** Lets what hangs end. */
    async end(): Promise<void> {
      over.resolve('at last');
      await flush();
    },
  };
}

function lasts({ clock }: TestPond, doing: Doing, over: Promise<string>): Promise<unknown> {
  const { signal } = getTaskRunContext();
  if (doing === 'hangs') return over;
  if (doing === 'ends at its timeout')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  return new Promise<void>((resolve) => {
    clock.after(doing.endsWith('slowly') ? SLOW_MS : FAST_MS, resolve);
  });
}

function whenOf(ms: number, doing: Doing): string {
  if (ms === 0) return 'at once';
  if (ms === SOFT_TIMEOUT_MS) return 'after softTimeout';
  const runMs = doing === 'works' || doing === 'fails' ? FAST_MS : SLOW_MS;
  return ms === runMs ? 'after the run' : `after ${ms} ms`;
}

/** By the state alone: its result, and what it says of the cache. Only the first run's value can be the old one. */
function getsOf(state: State<string>, mayBeOld: boolean): string {
  const status = state.cache?.status;
  if (state.isFailed()) {
    if (status === 'hit') return 'an equal error';
    return status === 'miss' || status === 'joined' ? 'the error' : `a failure that is a ${status}`;
  }
  const old = mayBeOld && state.result() === 'value 1';
  switch (status) {
    case 'hit':
      return old ? 'the value' : 'the new value';
    case 'stale':
      return old ? 'the old value' : 'a later value that is stale';
    default:
      return status === 'miss' || status === 'joined' ? 'the new value' : `a value that is a ${status}`;
  }
}
