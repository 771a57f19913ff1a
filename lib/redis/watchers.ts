import { disowned } from '../base/maybe-promise.js';
import type { StoreEvent } from '../stores/watchable-store.js';
import type { Posted } from './board.js';
import { parseGroup } from './names.js';

/** How often a watched store looks whether it still hears everything: bounds what a half-open connection hides. */
const LOOK_EVERY_MS = 1_000;

/** Who is told of invalidations by other processes, and the look at the server that keeps that honest. */
export class Watchers {
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #look: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #blind = false;

  /** @param look Reads what is new from the server, and rejects where that fails. */
  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  get any(): boolean {
    return this.#listeners.size > 0;
  }

  add(listener: (event: StoreEvent) => void): void {
    this.#listeners.add(listener);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#check(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  remove(listener: (event: StoreEvent) => void): void {
    this.#listeners.delete(listener);
    if (!this.any) this.close();
  }

  close(): void {
    this.#listeners.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  distrust(): void {
    this.#tell({ kind: 'distrust' });
  }

  touched(digest: string, generation: number): void {
    this.#tell({ kind: 'invalidated', namespace: '', digests: [digest], generation });
  }

  /** Tells of groups; of those whose names were too long to be kept, that something was missed. */
  posted(posted: readonly Posted[] | undefined): void {
    if (!this.any) return;
    const groups = posted?.map(([group]) => parseGroup(group));
    if (groups === undefined || groups.includes(undefined)) this.distrust();
    for (const group of groups ?? []) {
      if (group === undefined) continue;
      const { kind, namespace, name } = group;
      const what = kind === 'n' ? { all: true } : kind === 'i' ? { identities: [name] } : { tags: [name] };
      this.#tell({ kind: 'invalidated', namespace, ...what });
    }
  }

  #check(): void {
    disowned(
      this.#look().then(
        () => {
          this.#blind = false;
        },
        () => {
          if (!this.#blind) this.distrust();
          this.#blind = true;
        },
      ),
    );
  }

  #tell(event: StoreEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
