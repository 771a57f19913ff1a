import type { MissReason } from '../states/cache-outcome.js';
import { expiredAgo, INVALIDATED_LONG_AGO, invalidatedBy, storedUnder } from '../stores/miss-reasons.js';
import type { Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Connection } from './connection.js';
import { FLOOR, TAGS_FLOOR } from './groups.js';
import { type Names, parseGroup } from './names.js';
import { textOf } from './scripts.js';
import type { Unusable } from './values.js';
import type { Versions } from './versions.js';

/** Says why there was no value. What cannot be found out is left out: a reason is not worth a failure. */
export class Misses {
  readonly #connection: Connection;
  readonly #names: Names;
  readonly #versions: Versions;

  constructor(connection: Connection, names: Names, versions: Versions) {
    this.#connection = connection;
    this.#names = names;
    this.#versions = versions;
  }

  /** @param unusable the value that was there; else what the script said counts. */
  async why(key: StoreKey, unusable: Unusable | undefined, reason: MissReason, detail: string): Promise<Miss> {
    if (unusable !== undefined) {
      if (unusable.group === undefined) return { reason: 'undecodable', detail: unusable.detail };
      return this.#whoPosted(unusable.group);
    }
    if (reason === 'expired') return expiredAgo(Number(detail));
    if (reason !== 'first-seen') return detail === '' ? { reason } : { reason, detail };
    const other = await this.#versions.otherOf(key).catch(() => undefined);
    return other === undefined ? { reason } : storedUnder(other.version);
  }

  async #whoPosted(group: string): Promise<Miss> {
    if (group === TAGS_FLOOR) return INVALIDATED_LONG_AGO;
    if (group === FLOOR) return { reason: 'invalidated', detail: 'older than what is remembered of invalidations' };
    const asked = this.#connection.ask((commands) => commands.callBuffer('hget', this.#names.by, group));
    const by = await asked.catch(() => null);
    const { kind, name } = parseGroup(group) ?? {};
    return invalidatedBy(by === null ? 'invalidate()' : textOf(by), kind === 't' ? name : undefined);
  }
}
