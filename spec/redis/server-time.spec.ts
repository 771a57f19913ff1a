import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { ServerTime } from '../../lib/redis/server-time.js';

/** The monotonic clock of this process: it stands still, so that a machine that does may. */
const now = (): number => performance.now();

describe('the server’s clock as seen from here', () => {
  beforeAll(() => {
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });

  it('calls nothing ahead before the server has answered once', () => {
    expect(new ServerTime().isAhead(Number.MAX_VALUE)).toBe(false);
    expect(new ServerTime().margin()).toBe(Number.POSITIVE_INFINITY);
  });

  it('calls nothing ahead that has come, however long answers were on their way', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 2e12, noNaN: true }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true })), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.double({ min: 0, max: 2_000, noNaN: true }),
        (ahead, trips, past) => {
          const time = new ServerTime();
          for (const [there, back] of trips) {
            const received = now();
            const sent = received - there - back;
            time.sample((sent + there + ahead) * 1_000, sent, received);
          }
          const server = now() + ahead;
          expect(time.isAhead(server - past)).toBe(false);
          expect(time.isAhead(server + 2_000)).toBe(true);
        },
      ),
    );
  });

  it('goes by the answer that was quickest', () => {
    const time = new ServerTime();
    const at = now();
    time.sample((at + 5_000) * 1_000, at - 400, at + 400);
    time.sample((at + 5_000) * 1_000, at - 1, at + 1);
    time.sample((at + 5_000) * 1_000, at - 400, at + 400);
    expect(time.margin(at)).toBeLessThan(3);
  });

  it('follows a clock that was set', () => {
    const time = new ServerTime();
    const at = now();
    time.sample((at + 5_000) * 1_000, at - 1, at + 1);
    time.sample((at + 3_605_000) * 1_000, at - 20, at + 20);
    expect(time.isAhead(at + 3_604_000)).toBe(false);
    expect(time.isAhead(at + 3_606_000)).toBe(true);
  });
});
