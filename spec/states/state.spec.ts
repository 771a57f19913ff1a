import { describe, expect, it } from '@jest/globals';
import { CancelledError } from '../../lib/index.js';
import { State, type StateName } from '../../lib/states/state.js';

const of = (name: StateName, message?: string): State => new State({ name, at: 0, message, error: new Error('why') });

describe('a state', () => {
  it.each([
    ['Pending', 'PENDING', []],
    ['Running', 'RUNNING', ['isRunning']],
    ['Retrying', 'RUNNING', ['isRunning']],
    ['AwaitingRetry', 'SCHEDULED', ['isScheduled']],
    ['Completed', 'COMPLETED', ['isCompleted', 'isFinal']],
    ['Cached', 'COMPLETED', ['isCompleted', 'isCached', 'isFinal']],
    ['Failed', 'FAILED', ['isFailed', 'isFinal']],
    ['TimedOut', 'FAILED', ['isFailed', 'isFinal']],
    ['Cancelled', 'CANCELLED', ['isCancelled', 'isFinal']],
    ['Crashed', 'CRASHED', ['isCrashed', 'isFinal']],
  ] as const)('named %s is of type %s, and its predicates say so', (name, type, yes) => {
    const state = of(name);
    expect(state.type).toBe(type);
    const all = [
      'isScheduled',
      'isRunning',
      'isCompleted',
      'isCached',
      'isFailed',
      'isCancelled',
      'isCrashed',
      'isFinal',
    ] as const;
    expect(all.filter((predicate) => state[predicate]())).toEqual(
      all.filter((one) => (yes as readonly string[]).includes(one)),
    );
    expect(state.isPending()).toBe(name === 'Pending');
  });

  it.each([
    [of('Completed'), 'Completed()'],
    [of('Cached'), 'Cached(type=COMPLETED)'],
    [of('TimedOut', 'too long'), "TimedOut('too long', type=FAILED)"],
    [of('Failed', 'no'), "Failed('no')"],
    [of('AwaitingRetry'), 'AwaitingRetry(type=SCHEDULED)'],
    [of('Retrying'), 'Retrying(type=RUNNING)'],
    [of('Crashed'), 'Crashed()'],
  ])('prints as Prefect does: %#', (state, text) => {
    expect(String(state)).toBe(text);
    expect(`${state}`).toBe(text);
  });

  it('throws the very object that the run threw, whatever it is', () => {
    for (const thrown of [new Error('x'), 'text', 0, null, undefined, { some: 'thing' }]) {
      const state = State.failed(thrown);
      let caught: unknown = 'nothing';
      try {
        state.result();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
    }
  });

  it('throws a CancelledError of a cancelled run, and an Error while it is under way', () => {
    expect(() => State.cancelled('enough').result()).toThrow(CancelledError);
    expect(() => of('Running').result()).toThrow(/no result yet: Running\(\)/);
  });

  it.each([undefined, null, 0, '', false, Number.NaN])('gives %p as a result like any other', (value) => {
    expect(State.completed(value).result()).toBe(value);
  });

  it('is recognised across copies of the package, and nothing else is', () => {
    const copy = Object.create({ [Symbol.for('flowpond.state')]: true }) as unknown;
    expect(State.is(State.completed(1))).toBe(true);
    expect(State.is(copy)).toBe(true);
    for (const other of [null, undefined, 1, 'Completed', {}, { name: 'Completed' }, () => 1, []])
      expect(State.is(other)).toBe(false);
  });

  it('tells no cache outcome where there is none', () => {
    const state = State.completed(1);
    expect([state.cache, state.cacheKey, state.cacheExpiration]).toEqual([undefined, undefined, undefined]);
  });

  it('makes its outcome when it is read, once', () => {
    let made = 0;
    const state = new State({
      name: 'Cached',
      at: 5,
      cache: () => {
        made++;
        return { status: 'hit', key: 'k', expiresAt: new Date(7) };
      },
    });
    expect(made).toBe(0);
    expect([state.cacheKey, state.cacheExpiration, state.timestamp]).toEqual(['k', new Date(7), new Date(5)]);
    expect(state.cache).toBe(state.cache);
    expect(made).toBe(1);
  });

  it('stamps each reading of the time with its own date', () => {
    const state = of('Running');
    state.timestamp.setFullYear(1900);
    expect(state.timestamp).toEqual(new Date(0));
  });
});
