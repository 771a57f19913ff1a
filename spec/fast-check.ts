import fc from '../node_modules/fast-check/lib/fast-check.js';

/**
 * fast-check as all specs get it (`moduleNameMapper` of jest.config.ts): with one seed, so that a run that fails tells of the change and not of
 * its luck. `FLOWPOND_SEED=random` looks further, `FLOWPOND_SEED=<number>` plays a seed again.
 */
const asked = process.env.FLOWPOND_SEED ?? '20261123';
if (asked !== 'random' && !Number.isInteger(Number(asked))) {
  throw new Error(`FLOWPOND_SEED is '${asked}'. Give a whole number, or 'random'.`);
}
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });

// biome-ignore lint/style/noDefaultExport: it stands for a package that has one
export default fc;
