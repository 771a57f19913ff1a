import { formatMs } from '../base/duration.js';
import type { Events } from '../base/events.js';
import type { Log, LogSeverity } from '../log/logger.js';
import type { FlowRunEvent, InvalidationEvent, RunEvents, TaskRunEvent } from '../runs/run-events.js';
import type { CacheOutcome } from '../states/cache-outcome.js';
import type { State } from '../states/state.js';

/** Writes a pond's events as Prefect's log lines. Listens only to what its level shows, so that nothing else is made. Answers with a function that stops it. */
export function logRuns(events: Events<RunEvents>, log: Log): () => void {
  const stops: (() => void)[] = [];
  const task = (
    level: LogSeverity,
    name: keyof RunEvents & `task:${string}`,
    line: (event: TaskRunEvent) => string,
  ): void => {
    if (!log.enabled(level)) return;
    const stop = events.on(name, (event) =>
      log.write(level, `Task run '${event.taskRun.name}'`, line(event), failureOf(event.state)),
    );
    stops.push(stop);
  };
  const flow = (
    level: LogSeverity,
    name: keyof RunEvents & `flow:${string}`,
    line: (event: FlowRunEvent) => string,
  ): void => {
    if (!log.enabled(level)) return;
    const stop = events.on(name, (event) =>
      log.write(level, `Flow run '${event.flowRun.name}'`, line(event), failureOf(event.state)),
    );
    stops.push(stop);
  };

  task('debug', 'task:Pending', ({ taskRun, task }) => `Created task run '${taskRun.name}' for task '${task.name}'`);
  task('debug', 'task:Running', () => 'Running');
  task('debug', 'task:Retrying', ({ attempt, retries }) => `Retry ${attempt - 1}/${retries} begins`);
  task('warn', 'task:AwaitingRetry', ({ state }) => state.message ?? 'Awaiting retry');
  task(
    'info',
    'task:Completed',
    (event) =>
      `Finished in state ${event.state} in ${formatMs(event.durationMs ?? 0)}${event.renewal ? ', behind an expired value' : ''}${missed(event.state, log)}`,
  );
  task('info', 'task:Cached', ({ state }) => `Finished in state ${state}${served(state.cache)}`);
  for (const name of ['task:Failed', 'task:TimedOut', 'task:Crashed'] as const) task('error', name, finished);
  task('info', 'task:Cancelled', finished);

  flow(
    'info',
    'flow:Running',
    ({ flowRun, flow: info, parentFlowRun }) =>
      `Beginning ${parentFlowRun === undefined ? 'flow' : 'subflow'} run '${flowRun.name}' for flow '${info.name}'`,
  );
  flow('info', 'flow:Retrying', ({ attempt, retries }) => `Retry ${attempt - 1}/${retries} begins`);
  flow('warn', 'flow:AwaitingRetry', ({ state }) => state.message ?? 'Awaiting retry');
  flow('info', 'flow:Completed', (event) => `${finishedIn(event)}: ${summary(event)}`);
  flow('info', 'flow:Cached', ({ state }) => `Finished in state ${state}${served(state.cache)}`);
  for (const name of ['flow:Failed', 'flow:TimedOut', 'flow:Crashed'] as const)
    flow('error', name, (event) => `${finishedIn(event)}: ${summary(event)}`);
  flow('info', 'flow:Cancelled', (event) => `${finishedIn(event)}: ${summary(event)}`);
  if (log.enabled('debug')) {
    stops.push(events.on('invalidation', (event) => log.write('debug', 'flowpond', forgotten(event))));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/** `1 key invalidated by invalidate(Pricing.quote)`. */
function forgotten({ what, by, expire }: InvalidationEvent): string {
  const counts = [
    ['key', what.keys],
    ['task', what.identities],
    ['tag', what.tags],
  ] as const;
  const parts = counts.flatMap(([name, list = []]) =>
    list.length === 0 ? [] : [`${list.length} ${name}${list.length === 1 ? '' : 's'}`],
  );
  return `${what.all ? 'everything' : parts.join(', ')} ${expire ? 'expired' : 'invalidated'} by ${by}`;
}

/** A failure that was remembered says so: nothing has run. */
function finished({ state }: TaskRunEvent): string {
  return `Finished in state ${state}${state.cache?.status === 'hit' ? served(state.cache) : ''}`;
}

function finishedIn({ state, durationMs }: FlowRunEvent): string {
  return `Finished in state ${state} in ${formatMs(durationMs ?? 0)}`;
}

/** `3 task runs, 2 cached, saved 10.00s`. */
function summary({ taskRuns, cachedTaskRuns, savedMs }: FlowRunEvent): string {
  const runs = `${taskRuns} task run${taskRuns === 1 ? '' : 's'}`;
  return cachedTaskRuns === 0 ? runs : `${runs}, ${cachedTaskRuns} cached, saved ${formatMs(savedMs)}`;
}

/** `, stored until 12:02:07`; at debug, why it was a miss. */
function missed({ cache }: State, log: Log): string {
  if (cache === undefined || cache.status === 'bypass') return '';
  const stored =
    cache.storedAt === undefined
      ? ', not stored'
      : cache.expiresAt === undefined
        ? ', stored'
        : `, stored until ${timeOf(cache.expiresAt)}`;
  const why = cache.detail ?? cache.reason;
  return log.enabled('debug') || cache.storedAt === undefined ? `${stored} (${cache.status}: ${why})` : stored;
}

/** ` hit memory, age 2ms, from 'golden-pug/quote-0', saved 5.00s`. */
function served(cache: CacheOutcome | undefined): string {
  if (cache === undefined) return '';
  const { origin } = cache;
  const from =
    origin && `from '${origin.flowRunName === undefined ? '' : `${origin.flowRunName}/`}${origin.taskRunName}'`;
  const parts = [
    cache.status === 'joined' ? 'joined' : `${cache.status} ${cache.store}`,
    cache.status === 'joined' || cache.ageMs === undefined ? undefined : `age ${formatMs(cache.ageMs)}`,
    from,
    cache.savedMs === undefined ? undefined : `saved ${formatMs(cache.savedMs)}`,
  ];
  return ` ${parts.filter((part) => part !== undefined).join(', ')}`;
}

function timeOf(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The error of a failed state, for loggers that show it. */
function failureOf(state: State): { readonly error: unknown } | undefined {
  if (!state.isFailed() && !state.isCrashed()) return undefined;
  try {
    state.result();
    return undefined;
  } catch (error) {
    return { error };
  }
}
