import moizeModule from 'moize';

const moizeFn = moizeModule.default ?? moizeModule;

// It finds a key by looking through all of them, so its bound is that of the benchmark's keys.
export const moize = {
  name: 'moize',
  package: 'moize',
  kind: 'memoizer',
  options: '{ isPromise: true, maxSize: 1000 }: looks through its keys one by one',
  linear: true,
  make(body) {
    const call = moizeFn(body, { isPromise: true, maxSize: 1_000 });
    return { call, clear: () => call.clear() };
  },
  syncOptions: '{ maxSize: 1000 }',
  makeSync(body) {
    return moizeFn(body, { maxSize: 1_000 });
  },
};
