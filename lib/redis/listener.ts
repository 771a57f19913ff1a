import { randomUUID } from 'node:crypto';
import { disowned } from '../base/maybe-promise.js';
import type { RedisClient } from './clients.js';
import type { Names } from './names.js';

/** Longer messages are not looked at. */
const MAX_MESSAGE = 128;
const DIGEST = /^[0-9a-f]{64}$/;
const NUMBER = /^\d{1,16}$/;
const KEY_EVENT = /^([0-9a-f]{64}):(\d{1,16})$/;

/** What messages may cause. None of them is believed: at worst a forged one costs a question. */
export interface Heard {
  /** There is a subscription now, or none any more. What was sent in between is lost. */
  listening(yes: boolean): void;
  /** Somebody who waits for this key may ask again. */
  woken(digest: string): void;
  /** The board has something of this number. */
  posted(newest: number): void;
  /** A key was written or invalidated: records of it up to this generation are void. */
  touched(digest: string, generation: number): void;
}

/** The connection that listens: to this process's own inbox, to the bus, and to events of keys while somebody watches. */
export class Listener {
  /** Whom others send to. */
  readonly id = randomUUID();
  readonly #client: RedisClient;
  readonly #names: Names;
  readonly #heard: Heard;
  readonly #inbox: string;
  #watching = false;
  #subscribed = false;
  #closed = false;

  constructor(client: RedisClient, names: Names, heard: Heard) {
    this.#client = client;
    this.#names = names;
    this.#heard = heard;
    this.#inbox = names.inboxes + this.id;
    client.on('ready', () => this.#subscribe());
    client.on('close', () => this.#lost());
    client.on('end', () => this.#lost());
    client.on('error', () => {}); // it connects again by itself, and says nothing that the other connection does not
    client.on('message', (channel: string, message: string) => this.#hear(channel, message));
  }

  open(): void {
    const { status } = this.#client;
    if (this.#closed || (status !== 'wait' && status !== 'end')) return;
    disowned(this.#client.connect());
  }

  /** Asks for a sign of life: without one the client ends the connection by itself. */
  probe(): void {
    if (this.#subscribed && !this.#client.isCluster) disowned(this.#client.ping());
  }

  /** Whether to listen to events of keys too. */
  watch(yes: boolean): void {
    if (this.#watching === yes) return;
    this.#watching = yes;
    if (!this.#subscribed) return;
    if (!yes) disowned(this.#client.unsubscribe(this.#names.events));
    else this.#subscribe();
  }

  close(): void {
    this.#closed = true;
    this.#client.disconnect();
  }

  #subscribe(): void {
    const { bus, events } = this.#names;
    const channels = this.#watching ? [this.#inbox, bus, events] : [this.#inbox, bus];
    this.#client.subscribe(...channels).then(
      () => {
        if (this.#closed) return;
        this.#subscribed = true;
        this.#heard.listening(true);
      },
      () => this.#lost(),
    );
  }

  #lost(): void {
    if (!this.#subscribed) return;
    this.#subscribed = false;
    this.#heard.listening(false);
  }

  #hear(channel: string, message: string): void {
    if (message.length > MAX_MESSAGE) return;
    if (channel === this.#inbox) {
      if (DIGEST.test(message)) this.#heard.woken(message);
    } else if (channel === this.#names.bus) {
      if (NUMBER.test(message)) this.#heard.posted(Number(message));
    } else if (channel === this.#names.events) {
      const [, digest, generation] = KEY_EVENT.exec(message) ?? [];
      if (digest !== undefined) this.#heard.touched(digest, Number(generation));
    }
  }
}
