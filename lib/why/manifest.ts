import { messageOf } from '../base/errors.js';
import { encodeValue } from '../keys/encode.js';
import { sha256 } from '../keys/hash.js';
import type { Frame } from '../runs/frame.js';
import type { Keyring } from '../runs/runtime.js';
import type { ChangedPart, MissReason } from '../states/cache-outcome.js';

/** Keys of a task that are remembered with their parts. */
const RING = 64;
/** Longer encodings are kept as a digest. */
const MAX_SHOWN = 40;
const SECRET = /pass(?:word|phrase)?|secret|token|api_?key|auth|credential|cookie|session/i;

/** What a key was made of: a short text for each input, and the flow run where the key asked for it. */
type Manifest = ReadonlyMap<string, string>;

/** The flow run's place among the parts. */
const FLOW_RUN = '(flow run)';

const rings = new WeakMap<Keyring, Map<string, Manifest>>();

/** What a first-seen key has to do with earlier ones. */
export interface Kinship {
  readonly reason: MissReason;
  readonly detail?: string;
  readonly changed?: readonly ChangedPart[];
}

/**
 * Notes what a missed key is made of, before the body may change its arguments, and says how it differs from the nearest earlier key of
 * the task. Bounded; only misses pay for it.
 */
export function noteKey(frame: Frame, keyText: string): Kinship {
  const { keyring } = frame.plan;
  let ring = rings.get(keyring);
  if (ring === undefined) {
    ring = new Map();
    rings.set(keyring, ring);
  }
  const own = manifestOf(frame);
  const kinship = kinshipOf(own, ring, keyText);
  ring.delete(keyText);
  ring.set(keyText, own);
  if (ring.size > RING) ring.delete(ring.keys().next().value as string);
  return kinship;
}

function manifestOf(frame: Frame): Manifest {
  const parts = new Map<string, string>();
  const { names } = frame.plan.definition.parameterList;
  frame.args.forEach((value, index) => {
    const name = names[index] ?? `argument ${index}`;
    parts.set(name, SECRET.test(name) ? `(redacted ${sha256(fingerprint(value)).slice(0, 8)})` : shortened(fingerprint(value)));
  });
  const { flowFrame } = frame.kind === 'task' ? frame : { flowFrame: frame.parent?.flowFrame };
  if (frame.askedForFlowRun && flowFrame !== undefined) parts.set(FLOW_RUN, flowFrame.identity.id);
  return parts;
}

function fingerprint(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_SHOWN) return `'${value}'`;
  try {
    return encodeValue(value);
  } catch (error) {
    return `(${messageOf(error)})`;
  }
}

function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `sha256 ${sha256(text).slice(0, 12)}`;
}

function kinshipOf(own: Manifest, ring: ReadonlyMap<string, Manifest>, keyText: string): Kinship {
  if (ring.has(keyText)) return { reason: 'not-stored', detail: 'its last run stored nothing' };
  let nearest: readonly ChangedPart[] = [];
  for (const earlier of ring.values()) {
    const changed = difference(earlier, own);
    if (changed.length === 1 && changed[0]?.part === FLOW_RUN) {
      return { reason: 'other-flow-run', detail: 'the same inputs, in another flow run' };
    }
    if (nearest.length === 0 || changed.length <= nearest.length) nearest = changed;
  }
  return nearest.length === 0 ? { reason: 'first-seen' } : { reason: 'first-seen', changed: nearest };
}

function difference(before: Manifest, now: Manifest): ChangedPart[] {
  const parts = new Set([...before.keys(), ...now.keys()]);
  const absent = '(absent)';
  return [...parts]
    .filter((part) => before.get(part) !== now.get(part))
    .map((part) => ({ part, before: before.get(part) ?? absent, now: now.get(part) ?? absent }));
}
