import { styleText } from 'node:util';
import type { LogStream } from './log-stream.js';

type Paint = (text: string) => string;
type Style = Parameters<typeof styleText>[0];

const green = paint('green');
const red = paint('red');
const yellow = paint('yellow');
const magenta = paint('magenta');

/** The colours of the level words, as Prefect has them. */
export const LEVEL_PAINT = { error: red, warn: yellow, info: paint('cyan'), debug: paint('dim') } as const;

const STATE_PAINT: Readonly<Record<string, Paint>> = {
  Completed: green,
  Cached: paint('blueBright'),
  Failed: red,
  Crashed: red,
  TimedOut: red,
  Cancelled: yellow,
};

/** Quoted names after `run` or `from`, and state words. `Cached` is an everyday word: only as in `Cached(type=COMPLETED)`. */
const WORTH_SEEING =
  /(?<=\b(?:run|from) )'[^'\n]*'|\b(?:Completed|Failed|Crashed|TimedOut|Cancelled)\b|\bCached(?=\()/g;

/** A message with its run names and state words in colour. */
export function highlight(text: string): string {
  return text.replace(WORTH_SEEING, (found) => (STATE_PAINT[found] ?? magenta)(found));
}

/**
 * Whether to write colours: `FORCE_COLOR` decides where it is set; else only a terminal gets them, and not where
 * `NO_COLOR` (no-color.org: not empty), `NODE_DISABLE_COLORS`, `TERM=dumb` or a CI service without colours says no.
 */
export function wantsColor(stream: LogStream, env: Readonly<Record<string, string | undefined>>): boolean {
  const own = (name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
  const forced = own('FORCE_COLOR');
  if (forced !== undefined) return ['', '1', '2', '3', 'true'].includes(forced);
  if (stream.isTTY !== true) return false;
  if (own('NO_COLOR') || own('NODE_DISABLE_COLORS') || own('TERM') === 'dumb') return false;
  // Node knows the CI services; it also takes an empty NO_COLOR for a no.
  return (stream.getColorDepth?.({ ...env, NO_COLOR: undefined, NODE_DISABLE_COLORS: undefined }) ?? 4) > 2;
}

/** The decision to colour is ours: without `validateStream: false`, `styleText` would ask for `process.stdout`. */
function paint(style: Style): Paint {
  const [before = '', after = ''] = styleText(style, '|', { validateStream: false }).split('|');
  return (text) => before + text + after;
}
