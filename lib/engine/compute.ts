import { andThen, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { expiredAgo } from '../stores/miss-reasons.js';
import type { StateRecord } from '../stores/record.js';
import type { Lead, LeadRequest, Miss } from '../stores/store.js';
import { noteKey } from '../why/manifest.js';
import { runAttempts } from './attempts.js';
import type { Computation } from './computation.js';
import { WaitedTooLong, waitElsewhere } from './elsewhere.js';
import { Ending } from './ending.js';
import { keepLease, newToken } from './lease.js';
import type { CacheFacts } from './outcome.js';
import { tagsOf } from './record.js';
import { canBeCopied, NOT_COPIED, served } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import { isServable, usable } from './stale.js';
import { FAILED, type Failed } from './store-access.js';
import { write } from './write.js';

type Leading = Extract<Lead, { status: 'lead' }>;
type Waiting = Extract<Lead, { status: 'wait' }>;

/** A miss, from the right to compute to the written record. Never throws: every end is an {@link Ending}. */
export function compute(computation: Computation): MaybePromise<Ending> {
  const { flight, mode } = computation;
  const { plan } = flight.leader;
  const request = { mode, token: newToken(), leaseMs: plan.isAsync ? plan.settings.leaseMs : 0 };
  try {
    const ending = andThen(flight.ask(request), (lead) => onLead(computation, request, lead));
    return isThenable(ending) ? ending.catch((error) => Ending.crashed(error)) : ending;
  } catch (error) {
    return Ending.crashed(error);
  }
}

/** Computes without a store: it failed before. Those who join still share the one run. */
export function computeUnstored(computation: Computation): MaybePromise<Ending> {
  return runAttempts(computation.flight.leader, computation.after, (ending) => ending);
}

function onLead(computation: Computation, request: LeadRequest, lead: Lead | Failed): MaybePromise<Ending> {
  if (lead === FAILED) {
    computation.facts = { ...computation.facts, status: 'error', reason: 'store-error' };
    return computeUnstored(computation);
  }
  switch (lead.status) {
    case 'hit':
      return foundElsewhere(computation, request, lead.record);
    case 'stale':
      return heldBack(computation, request, lead.record);
    case 'wait':
      return elsewhere(computation, request, lead);
    case 'lead':
      return asLeader(computation, request, lead);
  }
}

/** What another process or pond has stored meanwhile; computed anew where its class has changed. */
function foundElsewhere(computation: Computation, request: LeadRequest, record: StateRecord): MaybePromise<Ending> {
  const back = revived(computation.flight.leader.plan, record);
  if (!isUndecodable(back) && canBeCopied(computation.flight.leader.plan, back)) return Ending.found(back);
  const { reason, detail } = isUndecodable(back) ? back : NOT_COPIED;
  computation.facts = { ...computation.facts, reason, detail };
  return anew(computation, request);
}

/** Nobody is to compute for a while, as the last renewal failed. A call that may not have the expired value computes all the same. */
function heldBack(computation: Computation, request: LeadRequest, record: StateRecord): MaybePromise<Ending> {
  const { plan } = computation.flight.leader;
  const expired = usable(plan, record);
  if (expired === undefined || !isServable(plan, expired, 'either')) {
    const agoMs = Math.max(0, plan.runtime.clock.now() - record.expiresAt);
    computation.facts = { ...computation.facts, ...expiredAgo(agoMs) };
    return anew(computation, request);
  }
  return Ending.stale(expired, { reason: 'expired', detail: 'its last renewal failed; the next waits for a while' });
}

/** Computes in spite of what the store has. */
function anew(computation: Computation, request: LeadRequest): MaybePromise<Ending> {
  const { flight } = computation;
  const overtaking: LeadRequest = { ...request, mode: 'refresh' };
  return andThen(flight.ask(overtaking), (lead) =>
    lead !== FAILED && lead.status === 'lead' ? asLeader(computation, overtaking, lead) : computeUnstored(computation),
  );
}

/** Another process computes: its expired value at once where that may be served, else its result. */
function elsewhere(computation: Computation, request: LeadRequest, lead: Waiting): MaybePromise<Ending> {
  const { flight } = computation;
  const { plan } = flight.leader;
  const expired = usable(plan, lead.stale);
  if (expired !== undefined && isServable(plan, expired, 'renew'))
    return Ending.stale(expired, { reason: 'expired', detail: 'a run elsewhere renews it' });
  return waitElsewhere(flight, request, lead).then((end) => {
    if (end instanceof Ending) return end;
    if (!(end instanceof WaitedTooLong)) return onLead(computation, request, end);
    computation.facts = { ...computation.facts, reason: 'wait-timeout', detail: end.detail };
    return end.ending ?? computeUnstored(computation);
  });
}

function asLeader(computation: Computation, request: LeadRequest, lead: Leading): MaybePromise<Ending> {
  const { flight } = computation;
  const { plan } = flight.leader;
  const stale = usable(plan, lead.stale);
  if (stale !== undefined && isServable(plan, stale, 'renew')) {
    const { detail = 'it has expired' } = lead.miss;
    flight.renewBehind(Ending.stale(stale, { reason: lead.miss.reason, detail }));
  }
  const frame = flight.leader;
  computation.facts = factsOf(computation, lead.miss);
  flight.running = true;
  frame.execution.fence = lead.generation;
  if (stale !== undefined) frame.execution.previous = served(plan, stale);
  const tags = tagsOf(frame);
  const { mode, token, leaseMs } = request;
  const { generation, renewEveryMs } = lead;
  const lease = renewEveryMs === undefined ? undefined : keepLease(frame, flight.key, token, leaseMs, renewEveryMs);
  return runAttempts(frame, computation.after, (ending) => {
    lease?.end();
    if (lease?.lost) ending.lost = true;
    return write(computation, { token, generation, mode, tags, stale }, ending);
  });
}

function factsOf(computation: Computation, miss: Miss): CacheFacts {
  const { flight, facts } = computation;
  const kin = noteKey(flight.leader, flight.key.text);
  if (facts.reason !== undefined) return facts; // a refresh, or what was found is of no use: the store knows no more
  return miss.reason === 'first-seen' ? { ...facts, reason: miss.reason, kin } : { ...facts, ...miss };
}
