import { InvalidOptionsError } from './errors.js';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';
type Part = `${number}${Unit}`;

/** A length of time in named units; the parts are added up. */
export interface DurationParts {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/**
 * A length of time: milliseconds, a text such as `'20s'`, `'1m'`, `'2h30m'`, `'1d'`, parts such as `{ minutes: 1 }`, or a
 * `Temporal.Duration` where the runtime has it (days count 24 hours; weeks, months and years are refused).
 */
export type Duration = number | Part | `${Part}${Part}` | `${Part}${Part}${Part}` | DurationParts;

const UNIT_MS: Readonly<Record<Unit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 } as const;
const TEXT = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const TEXT_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** Longer texts are no durations; keeps the pattern's input bounded. */
const MAX_TEXT = 64;

/** The milliseconds of a duration that must be positive and finite, else an {@link InvalidOptionsError}. */
export function positiveDuration(duration: unknown, where: string, option: string): number {
  const ms = toMs(duration);
  if (ms !== undefined && ms > 0 && Number.isFinite(ms)) return ms;
  throw refusal(duration, where, option, 'must be a positive, finite duration');
}

/** Like {@link positiveDuration}, with zero allowed. */
export function nonNegativeDuration(duration: unknown, where: string, option: string): number {
  const ms = toMs(duration);
  if (ms !== undefined && ms >= 0 && Number.isFinite(ms)) return ms;
  throw refusal(duration, where, option, 'must be a finite duration of zero or more');
}

function refusal(value: unknown, where: string, option: string, problem: string): InvalidOptionsError {
  const remedy = "Give milliseconds, '20s', '2h30m' or { minutes: 1 }; leave the option out for none.";
  return new InvalidOptionsError({ where, option, value, problem, remedy });
}

/** Milliseconds of anything that is a duration; undefined for anything that is not. Signs and zero are the caller's matter. */
function toMs(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration;
  if (typeof duration === 'string') return textMs(duration);
  if (typeof duration === 'object' && duration !== null) return objectMs(duration);
  return undefined;
}

function textMs(text: string): number | undefined {
  if (text.length > MAX_TEXT || !TEXT.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(TEXT_PART)) ms += Number(amount) * UNIT_MS[unit as Unit];
  return tidy(ms);
}

/** `'1.005s'` is 1005 ms, not 1004.9999999999999. */
function tidy(ms: number): number {
  return Number(ms.toPrecision(15));
}

/** Own keys are asked first (a `Temporal.Duration` has none), so that a polluted `Object.prototype` changes nothing. */
function objectMs(duration: object): number | undefined {
  if (Object.keys(duration).length > 0) return partsMs(duration);
  return isTemporal(duration) ? temporalMs(duration) : undefined;
}

function partsMs(parts: object): number | undefined {
  let ms = 0;
  for (const name of Object.keys(parts)) {
    if (!Object.hasOwn(PART_MS, name)) return undefined;
    const amount: unknown = (parts as Record<string, unknown>)[name];
    if (typeof amount !== 'number') return undefined;
    ms += amount * PART_MS[name as keyof typeof PART_MS];
  }
  return tidy(ms);
}

interface TemporalDuration {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  total(options: { unit: string; relativeTo?: unknown }): number;
}

function isTemporal(value: object): value is TemporalDuration {
  return Object.prototype.toString.call(value) === '[object Temporal.Duration]';
}

function temporalMs(duration: TemporalDuration): number | undefined {
  if (duration.years !== 0 || duration.months !== 0 || duration.weeks !== 0) return undefined;
  return duration.total({ unit: 'millisecond' });
}

/** A duration for people: `350ms`, `5.00s`, `2m 5s`, `3h 10m`, `2d 4h`. */
export function formatMs(ms: number): string {
  // Each bound asks the rounded value, so that no `1000ms`, `60.00s`, `60m` or `24h` is shown.
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 59_995) return `${(ms / 1_000).toFixed(2)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return twoUnits(seconds, 60, 'm', 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1_440) return twoUnits(minutes, 60, 'h', 'm');
  return twoUnits(Math.round(ms / 3_600_000), 24, 'd', 'h');
}

function twoUnits(total: number, size: number, big: string, small: string): string {
  const rest = total % size;
  const whole = `${Math.floor(total / size)}${big}`;
  return rest === 0 ? whole : `${whole} ${rest}${small}`;
}
