export {
  type ChaosMethod,
  type ChaosOptions,
  type ChaosStore,
  type ChaosTrouble,
  chaosStore,
} from './chaos-store.js';
export { type FakeClock, fakeClock } from './fake-clock.js';
export { type FlowpondMatchers, flowpondMatchers, type MatcherResult } from './matchers.js';
export {
  type Assertions,
  describeStateStore,
  type MakeStore,
  type SpecApi,
  type StateStoreSuiteOptions,
} from './state-store-suite.js';
export { createTestPond, type TestPond, type TestPondOptions } from './test-pond.js';
