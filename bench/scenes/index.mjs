import { asyncHit } from './a-async-hit.mjs';
import { syncHit } from './b-sync-hit.mjs';
import { inputHash } from './c-input-hash.mjs';
import { insideAFlow } from './d-inside-a-flow.mjs';
import { miss } from './e-miss.mjs';
import { flows } from './f-flows.mjs';
import { memory } from './g-memory.mjs';
import { stampede } from './h-stampede.mjs';
import { watched } from './i-watched.mjs';
import { cold } from './j-cold.mjs';

/** In the order they are measured: (a) begins before any task ran, and misses come after hits, whose entries they push out. */
export const scenes = [asyncHit, syncHit, inputHash, insideAFlow, miss, flows, memory, stampede, watched, cold];
