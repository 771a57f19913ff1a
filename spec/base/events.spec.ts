import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { Events } from '../../lib/base/events.js';

interface Kinds {
  readonly opened: { readonly id: number };
  readonly closed: { readonly id: number };
}

function events(): { readonly events: Events<Kinds>; readonly errors: unknown[] } {
  const errors: unknown[] = [];
  return { events: new Events<Kinds>(['opened', 'closed'], (error) => errors.push(error)), errors };
}

describe('events', () => {
  it('reach every listener of their kind, in order, until it stops', () => {
    const { events: own } = events();
    const heard: string[] = [];
    const stop = own.on('opened', ({ id }) => heard.push(`first ${id}`));
    own.on('opened', ({ id }) => heard.push(`second ${id}`));
    own.on('closed', ({ id }) => heard.push(`closed ${id}`));
    own.topic('opened').send({ id: 1 });
    stop();
    stop();
    own.topic('opened').send({ id: 2 });
    expect(heard).toEqual(['first 1', 'second 1', 'second 2']);
  });

  it('are wanted while somebody listens', () => {
    const { events: own } = events();
    expect(own.topic('opened').wanted).toBe(false);
    const stops = [own.on('opened', () => {}), own.on('opened', () => {})];
    expect(own.topic('opened').wanted).toBe(true);
    expect(own.topic('closed').wanted).toBe(false);
    for (const stop of stops) stop();
    expect(own.topic('opened').wanted).toBe(false);
  });

  it('are told twice to a listener given twice, each of which stops alone', () => {
    const { events: own } = events();
    let heard = 0;
    const listener = (): void => void heard++;
    const stop = own.on('opened', listener);
    own.on('opened', listener);
    own.topic('opened').send({ id: 1 });
    expect(heard).toBe(2);
    stop();
    own.topic('opened').send({ id: 2 });
    expect(heard).toBe(3);
  });

  it('go on past a listener that throws or rejects', async () => {
    const { events: own, errors } = events();
    const heard: number[] = [];
    own.on('opened', () => {
      throw new Error('at once');
    });
    own.on('opened', async () => Promise.reject(new Error('later')));
    own.on('opened', ({ id }) => heard.push(id));
    own.topic('opened').send({ id: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([1]);
    expect(errors.map((error) => (error as Error).message)).toEqual(['at once', 'later']);
  });

  it('are told once to a listener that begins anew whenever it is told', () => {
    const { events: own } = events();
    let heard = 0;
    const again = (): void => {
      if (++heard > 10) throw new Error('told for ever');
      stop();
      stop = own.on('opened', again);
    };
    let stop = own.on('opened', again);
    own.topic('opened').send({ id: 1 });
    expect(heard).toBe(1);
    own.topic('opened').send({ id: 2 });
    expect(heard).toBe(2);
  });

  it('also go to the diagnostics channel of their name', () => {
    const { events: own } = events();
    const heard: unknown[] = [];
    const subscriber = (message: unknown): void => void heard.push(message);
    const all = channel('flowpond:opened');
    all.subscribe(subscriber);
    expect(own.topic('opened').wanted).toBe(true);
    own.topic('opened').send({ id: 1 });
    all.unsubscribe(subscriber);
    expect(own.topic('opened').wanted).toBe(false);
    expect(heard).toEqual([{ id: 1 }]);
  });

  it('of an unknown name are refused, with the names that there are', () => {
    const { events: own } = events();
    for (const name of ['open', '__proto__', 'toString']) {
      expect(() => own.on(name as 'opened', () => {})).toThrow(
        new TypeError(`no event is called '${name}': opened, closed`),
      );
    }
  });
});
