import { describe, expect, it } from '@jest/globals';
import { createPond, Flow, memoryStore, refresh, submit, Task, task, taskInputHash } from '../../lib/index.js';
import { createTestPond, type FlowpondMatchers, flowpondMatchers } from '../../lib/testing/index.js';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends FlowpondMatchers<R> {}
}

expect.extend(flowpondMatchers);

class Pricing {
  @Task({ cacheKeyFn: taskInputHash }) async quote(sku: string) {
    return { sku };
  }
  @Task({ cacheKeyFn: taskInputHash }) count(n: number) {
    return n;
  }
  @Task({ retries: 2 }) async fails() {
    throw new Error('no');
  }
  @Flow() async nightly() {
    return Promise.all([this.quote('a'), this.quote('a'), this.quote('b')]);
  }
}

/** What a failing assertion says. */
function failure(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the assertion did not fail');
}

describe('toHaveRun', () => {
  it('counts the runs of a pond, and of one task by its name or identity', async () => {
    const pond = createTestPond();
    const pricing = pond.bind(new Pricing());
    expect(pond).not.toHaveRun();
    expect(pond).toHaveRun(0);
    await pricing.quote('a');
    await pricing.quote('b');
    pricing.count(1);
    expect(pond).toHaveRun();
    expect(pond).toHaveRun(3);
    expect(pond).toHaveRun('quote');
    expect(pond).toHaveRun('quote', 2);
    expect(pond).toHaveRun('Pricing.quote', 2);
    expect(pond).toHaveRun('count', 1);
    expect(pond).not.toHaveRun('quote', 1);
    expect(pond).not.toHaveRun('fails');
  });

  it('counts neither hits nor joined runs, and a retried run once', async () => {
    const pond = createTestPond();
    const pricing = pond.bind(new Pricing());
    await pricing.quote('a');
    await pricing.quote('a');
    expect(pond).toHaveRun('quote', 1);
    await pricing.nightly();
    expect(pond).toHaveRun('quote', 2);
    await expect(pricing.fails()).rejects.toThrow('no');
    expect(pond).toHaveRun('fails', 1);
    await refresh(pricing).quote('a');
    expect(pond).toHaveRun('quote', 3);
  });

  it('counts what was submitted, function twins, and each pond for itself', async () => {
    const [one, two] = [createTestPond(), createTestPond()];
    const twin = task(async (x: number) => x, { name: 'twin' });
    await one.run(() => submit(twin)(1).result());
    expect(one).toHaveRun('twin', 1);
    expect(two).not.toHaveRun();
  });
});

describe('toHaveCached', () => {
  it('counts hits and joined runs, of the pond or of one task', async () => {
    const pond = createTestPond();
    const pricing = pond.bind(new Pricing());
    await pricing.quote('a');
    expect(pond).not.toHaveCached();
    expect(pond).toHaveCached('quote', 0);
    await pricing.quote('a');
    pricing.count(1);
    pricing.count(1);
    expect(pond).toHaveCached();
    expect(pond).toHaveCached(2);
    expect(pond).toHaveCached('quote');
    expect(pond).toHaveCached('count', 1);
    await Promise.all([pricing.quote('new'), pricing.quote('new'), pricing.quote('new')]);
    expect(pond).toHaveCached('Pricing.quote', 3);
  });
});

describe('a failing matcher', () => {
  it('says what was expected, what was, and what happened in the pond', async () => {
    const pond = createTestPond();
    expect(failure(() => expect(pond).toHaveRun())).toContain('No task was called in this pond.');
    const pricing = pond.bind(new Pricing());
    await pricing.quote('a');
    await pricing.quote('a');
    expect(failure(() => expect(pond).toHaveRun('quote', 2))).toBe(
      "expected task 'quote' to run 2 times, and it did once\n\n  Pricing.quote: ran 1, cached 1",
    );
    expect(failure(() => expect(pond).not.toHaveCached())).toContain(
      'expected a task not to be answered from the cache',
    );
  });

  it('says so where it was given no test pond, or no number', async () => {
    await using pond = createPond({ store: memoryStore() });
    expect(() => expect(pond).toHaveRun()).toThrow('Give one of createTestPond(), without record: false.');
    expect(() => expect(undefined).toHaveCached()).toThrow('takes a pond that records its runs');
    expect(() => expect(createTestPond({ record: false })).toHaveRun()).toThrow('takes a pond that records its runs');
    expect(() => expect(createTestPond()).toHaveRun(-1)).toThrow('takes a number of times');
    expect(() => expect(createTestPond()).toHaveRun('quote', '2' as never)).toThrow(
      "Give 2, or 'quote', or 'quote', 2.",
    );
  });
});
