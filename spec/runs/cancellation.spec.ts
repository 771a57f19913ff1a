import { describe, expect, it, jest } from '@jest/globals';
import { Cancellation } from '../../lib/runs/cancellation.js';

/** Listeners on a user's signal, counted. */
function counted(controller: AbortController) {
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  return { signal, count: () => listeners };
}

describe('a cancellation', () => {
  it('tells each listener once, with the first reason', () => {
    const cancellation = new Cancellation();
    const listener = jest.fn();
    cancellation.onCancel(listener);
    cancellation.onCancel(listener);
    cancellation.cancel('first');
    cancellation.cancel('second');
    expect(listener.mock.calls).toEqual([['first'], ['first']]);
    expect(cancellation.reason).toBe('first');
  });

  it('tells a late listener at once', () => {
    const cancellation = new Cancellation();
    cancellation.cancel('gone');
    const listener = jest.fn();
    cancellation.onCancel(listener)();
    expect(listener).toHaveBeenCalledWith('gone');
  });

  it('tells nobody who stopped listening', () => {
    const cancellation = new Cancellation();
    const listener = jest.fn();
    const stop = cancellation.onCancel(listener);
    stop();
    stop();
    cancellation.cancel('gone');
    expect(listener).not.toHaveBeenCalled();
  });

  it('knows without listening that what it follows was cancelled', () => {
    const parent = new Cancellation();
    const controller = new AbortController();
    const child = Cancellation.following(Cancellation.following(parent));
    const other = Cancellation.following(undefined, controller.signal);
    expect([child.cancelled, other.cancelled, child.reason]).toEqual([false, false, undefined]);
    parent.cancel('parent');
    controller.abort('signal');
    expect([child.cancelled, child.reason]).toEqual([true, 'parent']);
    expect([other.cancelled, other.reason]).toEqual([true, 'signal']);
  });

  it('listens to a signal only while somebody listens to it', () => {
    const { signal, count } = counted(new AbortController());
    const child = Cancellation.following(Cancellation.following(undefined, signal));
    expect(child.cancelled).toBe(false);
    expect(count()).toBe(0);
    const stops = [child.onCancel(() => {}), child.onCancel(() => {})];
    expect(count()).toBe(1);
    for (const stop of stops) stop();
    expect(count()).toBe(0);
  });

  it('has a signal that aborts with it, and follows until it is released', () => {
    const controller = new AbortController();
    const { signal, count } = counted(controller);
    const child = Cancellation.following(undefined, signal);
    const own = child.signal;
    expect(count()).toBe(1);
    child.release();
    expect(count()).toBe(0);
    controller.abort('late');
    expect(own.aborted).toBe(false);
    const live = Cancellation.following(undefined, new AbortController().signal);
    const liveSignal = live.signal;
    live.cancel('now');
    expect(liveSignal.reason).toBe('now');
  });

  it('gives a signal that is aborted already where it was cancelled before anybody asked', () => {
    const child = Cancellation.following(undefined, AbortSignal.abort('early'));
    expect(child.signal.aborted).toBe(true);
    expect(child.signal.reason).toBe('early');
  });

  it('still reaches those who follow it after its own run was released', () => {
    const parent = new Cancellation();
    const run = Cancellation.following(parent);
    const submitted = Cancellation.following(run);
    const heard = jest.fn();
    submitted.onCancel(heard);
    run.release();
    parent.cancel('stop');
    expect(heard).toHaveBeenCalledWith('stop');
  });
});
