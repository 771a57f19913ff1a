import { createRequire } from 'node:module';
import { decorate } from '../harness/decorate.mjs';

const { PCacheable } = createRequire(import.meta.url)('ts-cacheable');

export const tsCacheable = {
  name: 'ts-cacheable',
  package: 'ts-cacheable',
  with: ['rxjs'],
  kind: 'decorators',
  options: '@PCacheable({ maxCacheCount: 1000 }): copies the arguments as JSON and looks through its keys one by one',
  linear: true,
  make(body) {
    class Pricing {
      async quote(input) {
        return body(input);
      }
    }
    decorate(Pricing.prototype, 'quote', PCacheable({ maxCacheCount: 1_000 }));
    const pricing = new Pricing();
    return { call: (input) => pricing.quote(input), clear: () => {} };
  },
};
