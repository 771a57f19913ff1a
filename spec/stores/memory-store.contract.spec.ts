import { describe, expect, it } from '@jest/globals';
import { memoryStore } from '../../lib/index.js';
import { describeStateStore } from '../../lib/testing/index.js';

describeStateStore('the memory store', () => memoryStore(), { api: { describe, it, expect }, reopens: true });
describeStateStore('the memory store bounded by bytes', () => memoryStore({ maxBytes: 64 * 2 ** 20 }), {
  reopens: true,
});
