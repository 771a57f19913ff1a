import memoize from 'memoizee';

export const memoizee = {
  name: 'memoizee',
  package: 'memoizee',
  kind: 'memoizer',
  options: '{ promise: true, primitive: true }: keys are the arguments as text; no bound, no expiry',
  make(body) {
    const call = memoize(body, { promise: true, primitive: true, length: 1 });
    return { call, clear: () => call.clear() };
  },
  syncOptions: '{ primitive: true }',
  makeSync(body) {
    return memoize(body, { primitive: true, length: 1 });
  },
};
