import type { Frame } from '../runs/frame.js';
import type { Keyring } from '../runs/runtime.js';
import type { ChangedPart, MissReason } from '../states/cache-outcome.js';
import { fingerprintOf } from './fingerprint.js';

/** Keys of a task that are remembered with their parts. */
const RING = 64;

/** What a key was made of: a short text for each input, and the flow run where the key asked for it. */
interface Manifest {
  readonly parts: ReadonlyMap<string, string>;
  /** Whether equal texts surely mean equal inputs. */
  readonly exact: boolean;
}

/** The flow run's place among the parts. */
const FLOW_RUN = '(flow run)';

const rings = new WeakMap<Keyring, Map<string, Manifest>>();

/** What a first-seen key has to do with earlier ones. */
export interface Kinship {
  readonly reason: MissReason | undefined;
  readonly detail?: string | undefined;
  readonly changed?: readonly ChangedPart[] | undefined;
}

/**
 * Notes what a missed key is made of, before the body may change its arguments. Answers with what says, if somebody asks, how it
 * differs from the nearest earlier key of the task. Bounded; only misses pay for it.
 */
export function noteKey(frame: Frame, keyText: string): () => Kinship {
  const { keyring } = frame.plan;
  let ring = rings.get(keyring);
  if (ring === undefined) {
    ring = new Map();
    rings.set(keyring, ring);
  }
  const own = manifestOf(frame);
  const known = ring.has(keyText);
  const earlier = [...ring.values()];
  ring.delete(keyText);
  ring.set(keyText, own);
  if (ring.size > RING) ring.delete(ring.keys().next().value as string);
  return () => (known ? STORED_NOTHING : kinshipOf(own, earlier));
}

function manifestOf(frame: Frame): Manifest {
  const parts = new Map<string, string>();
  let exact = true;
  const { names } = frame.plan.definition.parameterList;
  frame.args.forEach((value, index) => {
    const name = names[index] ?? `argument ${index}`;
    const fingerprint = fingerprintOf(name, value);
    parts.set(name, fingerprint.text);
    exact &&= fingerprint.exact;
  });
  const { flowFrame } = frame.kind === 'task' ? frame : { flowFrame: frame.parent?.flowFrame };
  if (frame.askedForFlowRun && flowFrame !== undefined) parts.set(FLOW_RUN, flowFrame.identity.id);
  return { parts, exact };
}

const STORED_NOTHING: Kinship = { reason: 'not-stored', detail: 'its last run stored nothing' };

function kinshipOf(own: Manifest, all: readonly Manifest[]): Kinship {
  let nearest: readonly string[] | undefined;
  let kin: Manifest = own;
  for (const earlier of all) {
    const changed = differing(earlier.parts, own.parts);
    if (nearest !== undefined && changed.length > nearest.length) continue;
    [nearest, kin] = [changed, earlier];
    if (isFlowRunAlone(changed) && own.exact && earlier.exact) {
      return { reason: 'other-flow-run', detail: 'the same inputs, in another flow run' };
    }
  }
  if (nearest === undefined || nearest.length === 0) return { reason: 'first-seen' };
  return { reason: 'first-seen', changed: nearest.map((part) => changeOf(part, kin.parts, own.parts)) };
}

function isFlowRunAlone(changed: readonly string[]): boolean {
  return changed.length === 1 && changed[0] === FLOW_RUN;
}

type Parts = Manifest['parts'];

function differing(before: Parts, now: Parts): string[] {
  const changed: string[] = [];
  for (const [part, text] of now) if (before.get(part) !== text) changed.push(part);
  for (const part of before.keys()) if (!now.has(part)) changed.push(part);
  return changed;
}

const ABSENT = '(absent)';

function changeOf(part: string, before: Parts, now: Parts): ChangedPart {
  return { part, before: before.get(part) ?? ABSENT, now: now.get(part) ?? ABSENT };
}
