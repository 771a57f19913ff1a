export { type FakeClock, fakeClock } from './fake-clock.js';
export { createTestPond, type TestPond } from './test-pond.js';
