import type { Frame } from '../runs/frame.js';
import type { CacheOutcome, CacheStatus } from '../states/cache-outcome.js';
import { State, type StateName } from '../states/state.js';
import { announce, isWatched } from './announce.js';
import { Ending } from './ending.js';
import { type CacheFacts, outcomeOf } from './outcome.js';
import { served } from './result-copy.js';

/** What the caller wants: the value, or what the run threw; or the final state, whatever it is. */
export type Want = 'value' | 'state';

/** The end of a call that led, or ran alone. */
export function settle(frame: Frame, ending: Ending, facts: CacheFacts, want: Want): unknown {
  count(frame, ending.found ? statusFound(ending) : facts.status);
  return conclude(frame, ending, facts, want);
}

/** The end of a run, whether it is a call's or a renewal behind one. */
export function conclude(frame: Frame, ending: Ending, facts: CacheFacts, want: Want): unknown {
  const { record } = ending;
  if (ending.found && record !== undefined) {
    if (ending.completed && frame.kind === 'task') countSaved(frame, record.computeMs);
    const status = statusFound(ending);
    const value = ending.completed ? served(frame.plan, record) : undefined;
    const at = frame.runtime.clock.now();
    return finish(frame, ending.name, ending, value, { ...facts, ...ending.stale, status, record, at }, want);
  }
  if (!ending.completed && !ending.cancelled) frame.runtime.counters.failures++;
  return finish(frame, ending.name, ending, ending.value, facts, want);
}

/** The final state, told to whoever looks, and the caller's answer. */
export function finish(
  frame: Frame,
  name: StateName,
  ending: Ending,
  value: unknown,
  facts: CacheFacts,
  want: Want,
  heir = false,
): unknown {
  if (want === 'state' || isWatched(frame, name)) {
    const { clock } = frame.runtime;
    const { message, error } = ending;
    const at = clock.now();
    const cache = (): CacheOutcome => outcomeOf(frame, facts);
    const state = new State({ name, at, message, value, error, cache });
    announce(frame, state, { durationMs: ending.computeMs, joined: facts.status === 'joined' && !heir });
    if (want === 'state') return state;
  }
  if (ending.completed) return value;
  throw ending.error;
}

function statusFound(ending: Ending): 'hit' | 'stale' {
  return ending.stale === undefined ? 'hit' : 'stale';
}

/** Counts a call by the status that its final state has: each call once, when it ends. */
export function count(frame: Frame, status: CacheStatus): void {
  const { counters } = frame.runtime;
  switch (status) {
    case 'hit':
      counters.hits++;
      return;
    case 'joined':
      counters.joined++;
      return;
    case 'stale':
      counters.stale++;
      return;
    case 'refresh':
      counters.refreshes++;
      return;
    case 'uncacheable':
      counters.uncacheable++;
      return;
    case 'bypass':
      counters.bypassed++;
      return;
    default:
      counters.misses++;
  }
}

/** The end of a submitted run whose argument, another run, has failed: it fails with the same error, without running. */
export function endedByUpstream(frame: Frame, error: unknown): State {
  const facts: CacheFacts = { status: 'bypass', reason: 'no-key', detail: 'an argument failed' };
  return settle(frame, Ending.failed(error, 'An argument of the'), facts, 'state') as State;
}

/** The end of a call whose caller left before anything was done. */
export function leftBefore(frame: Frame): Ending {
  return Ending.cancelledFor(frame.waiting?.reason, frame.source);
}

/** Counts in the flow what a task run that was not repeated had taken. */
export function countSaved(frame: Frame, computeMs: number): void {
  const flow = frame.flowFrame;
  if (flow === undefined) return;
  flow.cachedTaskRuns++;
  flow.savedMs += computeMs;
}
