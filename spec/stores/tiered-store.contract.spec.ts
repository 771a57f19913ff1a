import { describe, expect, it } from '@jest/globals';
import { memoryStore, type StateStore } from '../../lib/index.js';
import { tieredStore } from '../../lib/stores/tiered-store.js';
import { describeStateStore } from '../../lib/testing/index.js';
import { AsyncStore } from '../engine/pond-under-test.js';
import { watchable } from './watchable.js';

const api = { describe, it, expect };

describeStateStore('a tiered store over a synchronous one', () => tieredStore(memoryStore(), memoryStore()), { api });
describeStateStore('a tiered store over one that answers later', () => tieredStore(memoryStore(), new AsyncStore()), {
  api,
});

let shared: StateStore;
describeStateStore(
  'a tiered store over one that is shared and watched',
  () => {
    shared = memoryStore();
    return tieredStore(memoryStore(), watchable(shared));
  },
  { api, another: () => tieredStore(memoryStore(), watchable(shared)) },
);
