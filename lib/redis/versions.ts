import { sha256 } from '../keys/hash.js';
import { type KeyScope, type StoreKey, scopeText } from '../stores/store-key.js';
import type { Connection } from './connection.js';
import type { Names } from './names.js';
import { textOf } from './scripts.js';

/** How many versions are remembered of each task, and of how many tasks in this process. */
const VERSIONS = 8;
const SCOPES = 1_024;
/** Known here for this long before the server is asked, or told, again. */
const KNOWN_MS = 600_000;

/** Under which versions tasks have stored something, so that a miss can say that the version changed. */
export class Versions {
  readonly #connection: Connection;
  readonly #names: Names;
  readonly #keepMs: number;
  readonly #told = new Map<string, number>();

  constructor(connection: Connection, names: Names, keepMs: number) {
    this.#connection = connection;
    this.#names = names;
    this.#keepMs = keepMs;
  }

  /** Notes that something was stored under this version. */
  async saw(scope: KeyScope): Promise<void> {
    const now = performance.now();
    if (now - (this.#told.get(scope.text) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS) return;
    this.#told.delete(scope.text);
    this.#told.set(scope.text, now);
    if (this.#told.size > SCOPES) this.#told.delete(this.#told.keys().next().value as string);
    const name = this.#names.versions(scope);
    try {
      await this.#connection.ask((commands) =>
        Promise.all([
          commands.callBuffer('zadd', name, Date.now(), nameOf(scope.version)),
          commands.callBuffer('zremrangebyrank', name, 0, -VERSIONS - 1),
          commands.callBuffer('pexpire', name, this.#keepMs),
        ]),
      );
    } catch (error) {
      this.#told.delete(scope.text);
      throw error;
    }
  }

  /** The newest other version under which this very key has a value; undefined where there is none. */
  async otherOf(key: StoreKey): Promise<{ readonly version: string | undefined } | undefined> {
    const { identity, namespace, version: own } = key.scope;
    const name = this.#names.versions(key.scope);
    const seen = await this.#connection.ask((commands) => commands.callBuffer('zrange', name, 0, -1));
    const others = (seen as readonly unknown[])
      .map((member) => versionOf(textOf(member)))
      .filter((version) => version !== own)
      .reverse();
    if (others.length === 0) return undefined;
    const there = await this.#connection.ask((commands) =>
      Promise.all(
        others.map((version) => {
          const digest = sha256(scopeText(identity, version, namespace) + key.text);
          return commands.callBuffer('exists', this.#names.value(digest));
        }),
      ),
    );
    const index = there.indexOf(1);
    return index === -1 ? undefined : { version: others[index] };
  }
}

/** No version is a version too. */
function nameOf(version: string | undefined): string {
  return version === undefined ? '-' : `=${version}`;
}

function versionOf(name: string): string | undefined {
  return name === '-' ? undefined : name.slice(1);
}
