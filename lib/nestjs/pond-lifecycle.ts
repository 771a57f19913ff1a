import type { OnApplicationShutdown } from '@nestjs/common';
import type { Pond } from '../pond/pond.js';
import type { Runtime } from '../runs/runtime.js';
import { release } from './claims.js';
import { stopWatching, watchForStrays } from './strays.js';

/** Ponds that a module has made. */
const owned = new WeakSet<Runtime>();

/** Closes a pond when the server has stopped. One that a test put in its place is left open: it belongs to the test. */
export class PondLifecycle implements OnApplicationShutdown {
  readonly #pond: Pond;

  constructor(pond: Pond) {
    this.#pond = pond;
    if (pond?.runtime !== undefined) watchForStrays(pond.runtime);
  }

  /** Notes that a module has made a pond. Its stores are asked for at once, so that they are closed with it, used or not. */
  static own(pond: Pond): Pond {
    pond.runtime.allStores();
    owned.add(pond.runtime);
    return pond;
  }

  async onApplicationShutdown(): Promise<void> {
    const { runtime } = this.#pond;
    if (runtime === undefined) return;
    stopWatching(runtime);
    release(runtime);
    if (owned.has(runtime)) await this.#pond.close();
  }
}
