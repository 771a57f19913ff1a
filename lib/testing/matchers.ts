import { InvalidOptionsError } from '../base/errors.js';
import { RunRecorder, type TaskTally } from './run-recorder.js';

/** What a matcher tells Jest or Vitest. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * The matchers as `expect(pond)` has them, to be told to the types of the test runner once:
 *
 * ```ts
 * declare module 'expect' { // Jest
 *   interface Matchers<R extends void | Promise<void>, T = unknown> extends FlowpondMatchers<R> {}
 * }
 * declare module 'vitest' { // Vitest
 *   interface Assertion<T> extends FlowpondMatchers<void> {}
 * }
 * ```
 */
export interface FlowpondMatchers<R> {
  /** Task bodies ran in this pond: so many times, or at least once. A retried run counts once, a hit or a joined run not at all. */
  toHaveRun(times?: number): R;
  /** A task of this name (`quote`) or identity (`Pricing.quote`) ran: so many times, or at least once. */
  toHaveRun(task: string, times?: number): R;
  /** Calls were answered by a stored state, or by the run of another call: so many, or at least one. */
  toHaveCached(times?: number): R;
  /** Calls of a task of this name or identity were. */
  toHaveCached(task: string, times?: number): R;
}

type Asked = readonly [times?: number] | readonly [task: string, times?: number];

/** Matchers over the pond of `createTestPond()`: `expect.extend(flowpondMatchers)`. */
export const flowpondMatchers = {
  toHaveRun: (pond: unknown, ...asked: Asked): MatcherResult => match('toHaveRun', pond, asked, ({ ran }) => ran),
  toHaveCached: (pond: unknown, ...asked: Asked): MatcherResult =>
    match('toHaveCached', pond, asked, ({ cached }) => cached),
};

const VERBS = { toHaveRun: 'run', toHaveCached: 'be answered from the cache' } as const;

function match(
  matcher: keyof typeof VERBS,
  pond: unknown,
  asked: Asked,
  counted: (tally: TaskTally) => number,
): MatcherResult {
  const [task, times] = typeof asked[0] === 'string' ? [asked[0], asked[1]] : [undefined, asked[0]];
  const recorder = recorderOf(matcher, pond);
  checkTimes(matcher, times);
  const count = recorder.tallies(task).reduce((sum, tally) => sum + counted(tally), 0);
  const pass = times === undefined ? count > 0 : count === times;
  const message = (): string => {
    const what = task === undefined ? 'a task' : `task '${task}'`;
    const wanted = times === undefined ? '' : ` ${inTimes(times)}`;
    const not = pass ? 'not ' : '';
    return `expected ${what} ${not}to ${VERBS[matcher]}${wanted}, and it did ${inTimes(count)}\n\n${table(recorder)}`;
  };
  return { pass, message };
}

function recorderOf(matcher: string, pond: unknown): RunRecorder {
  const recorder = RunRecorder.of(pond);
  if (recorder !== undefined) return recorder;
  throw new InvalidOptionsError({
    where: `expect(pond).${matcher}`,
    problem: 'takes a pond that records its runs',
    remedy: 'Give one of createTestPond(), without record: false.',
  });
}

function checkTimes(matcher: string, times: unknown): void {
  if (times === undefined || (Number.isSafeInteger(times) && (times as number) >= 0)) return;
  throw new InvalidOptionsError({
    where: `expect(pond).${matcher}`,
    value: times,
    problem: 'takes a number of times',
    remedy: "Give 2, or 'quote', or 'quote', 2.",
  });
}

function inTimes(count: number): string {
  if (count === 0) return 'never';
  return count === 1 ? 'once' : `${count} times`;
}

function table(recorder: RunRecorder): string {
  const all = recorder.tallies();
  if (all.length === 0) return 'No task was called in this pond.';
  return all.map(({ task, ran, cached }) => `  ${task.identity}: ran ${ran}, cached ${cached}`).join('\n');
}
