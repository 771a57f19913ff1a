import { flow, task } from '../../lib/index.js';

// What environment.spec.ts runs in processes with different variables.
let runs = 0;
const quote = task(async () => ++runs, { name: 'quote', cacheKeyFn: () => 'k' });
const all = flow(async () => [await quote(), await quote()], { name: 'all', flowRunName: 'f' });
process.stdout.write(JSON.stringify(await all()));
