import { formatMs } from '../base/duration.js';
import type { MissReason } from '../states/cache-outcome.js';
import type { Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Connection } from './connection.js';
import type { Names } from './names.js';
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
      return { reason: 'invalidated', detail: await this.#whoPosted(unusable.group) };
    }
    if (reason === 'expired') return { reason, detail: `expired ${formatMs(Number(detail))} ago` };
    if (reason !== 'first-seen') return detail === '' ? { reason } : { reason, detail };
    const other = await this.#versions.otherOf(key).catch(() => undefined);
    if (other === undefined) return { reason };
    const was = other.version === undefined ? 'no version' : `version '${other.version}'`;
    return { reason: 'version-changed', detail: `stored under ${was}` };
  }

  async #whoPosted(group: string): Promise<string> {
    if (group.startsWith('#')) return 'older than what is remembered of invalidations';
    if (group.startsWith('t:')) return 'invalidated by tag';
    const asked = this.#connection.ask((commands) => commands.callBuffer('hget', this.#names.by, group));
    const by = await asked.catch(() => null);
    return `invalidated by ${by === null ? 'invalidate()' : textOf(by)}`;
  }
}
