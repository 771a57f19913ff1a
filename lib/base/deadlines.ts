import { AsyncResource } from 'node:async_hooks';
import type { Clock } from './clock.js';

/** What was late by itself is noticed after so long. */
const STEP_MS = 50;

/** Callers share a timer: what it calls belongs to none of their run scopes. */
const outside = new AsyncResource('FlowpondDeadlines');

/** How long an answer is waited for. */
export interface Deadline {
  /** Calls it off. May be called again. */
  end(): void;
}

/**
 * Deadlines of answers from elsewhere. A process that is busy cannot hear an answer: its timers are late, and come before what
 * lies in its sockets. So only the time counts in which it could hear: waiting goes in steps, of which each counts for what it should have
 * taken, and after the last one everything that is there is read first. A deadline is late by no more than its own process was.
 *
 * All share one timer, which keeps no process alive.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** Time that counts, up to where the step under way began. */
  #heard = 0;
  #stepAt = 0;
  #stepMs = 0;
  #stop: (() => void) | undefined;
  /** The next step only lets everything be read that is there. */
  #reading = false;
  /** In order of their ends. */
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  readonly #onStep = (): void => outside.runInAsyncScope(this.#stepped, this);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once when `ms` milliseconds that count have passed, unless the deadline is ended before. */
  start(ms: number, expire: () => void): Deadline {
    const waiting = new Waiting(this, this.#now() + ms, expire);
    let before = this.#last;
    while (before !== undefined && before.at > waiting.at) before = before.before; // hardly ever: they are equally long
    waiting.before = before;
    waiting.after = before === undefined ? this.#first : before.after;
    if (waiting.after === undefined) this.#last = waiting;
    else waiting.after.before = waiting;
    if (before === undefined) this.#first = waiting;
    else before.after = waiting;
    if (this.#first === waiting) this.#step();
    return waiting;
  }

  /** Takes one out of the list. */
  remove(waiting: Waiting): void {
    const { before, after } = waiting;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    waiting.before = undefined;
    waiting.after = undefined;
    if (this.#first === undefined) this.#pause();
  }

  #now(): number {
    if (this.#stop === undefined) return this.#heard;
    return this.#heard + Math.min(this.#stepMs, this.#clock.monotonic() - this.#stepAt);
  }

  /** Begins the next step: up to the first end, though not for too long. */
  #step(): void {
    this.#pause();
    const { at } = this.#first as Waiting;
    this.#stepMs = this.#reading ? 0 : Math.min(STEP_MS, Math.max(0, at - this.#heard));
    this.#stepAt = this.#clock.monotonic();
    this.#stop = this.#clock.after(this.#stepMs, this.#onStep, false);
  }

  #pause(): void {
    if (this.#stop === undefined) return;
    this.#heard = this.#now();
    this.#stop();
    this.#stop = undefined;
  }

  #stepped(): void {
    this.#heard += this.#stepMs;
    this.#stop = undefined;
    const read = this.#reading;
    this.#reading = false;
    const isDue = (waiting: Waiting | undefined): waiting is Waiting =>
      waiting !== undefined && waiting.at <= this.#heard;
    if (!read) this.#reading = isDue(this.#first);
    else for (let first = this.#first; isDue(first); first = this.#first) first.expire();
    if (this.#first !== undefined && this.#stop === undefined) this.#step();
  }
}

class Waiting implements Deadline {
  before: Waiting | undefined;
  after: Waiting | undefined;
  readonly #list: Deadlines;
  #ended = false;

  constructor(
    list: Deadlines,
    readonly at: number,
    readonly onExpiry: () => void,
  ) {
    this.#list = list;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#list.remove(this);
  }

  expire(): void {
    this.end();
    this.onExpiry();
  }
}
