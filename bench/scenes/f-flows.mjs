import { flow, task } from 'flowpond';
import { inTurns } from '../harness/measure.mjs';

const SIZES = [100, 1_000, 10_000];
export const IN_TURN = (count) => `flow of ${count.toLocaleString('en')} tasks, one after another`;
const AT_ONCE = (count) => `flow of ${count.toLocaleString('en')} tasks, all at once`;
const FLOOR_IN_TURN = (count) => `the same with ${count.toLocaleString('en')} plain async functions`;

export const flows = {
  id: 'f',
  title: 'Flows of 100, 1,000 and 10,000 tasks',
  says: 'One flow run that calls a no-op task so many times: nanoseconds per task, the flow itself and collections included (means, not medians). The cost per task must not grow with their number. Below each, the same flow over a plain async function.',
  async run({ rounds = 7 }) {
    const noop = task(async () => {}, { name: 'f noop' });
    const plain = async () => {};
    const inTurn = flow(
      async (count) => {
        for (let i = 0; i < count; i++) await noop();
      },
      { name: 'f in turn' },
    );
    const plainInTurn = flow(
      async (count) => {
        for (let i = 0; i < count; i++) await plain();
      },
      { name: 'f plain' },
    );
    const atOnce = flow((count) => Promise.all(Array.from({ length: count }, () => noop())), { name: 'f at once' });
    const rows = SIZES.flatMap((count) => [
      { name: IN_TURN(count), kind: 'flowpond', fn: () => inTurn(count), per: count },
      { name: AT_ONCE(count), kind: 'flowpond', fn: () => atOnce(count), per: count },
      { name: FLOOR_IN_TURN(count), kind: 'floor', fn: () => plainInTurn(count), per: count },
    ]);
    const measured = await inTurns(rows, { rounds, cpuMs: 80, batch: 16, take: 'avg' });
    const main = IN_TURN(SIZES[0]);
    return { tables: [{ title: 'Cost per task', unit: 'ns', floor: FLOOR_IN_TURN(SIZES[0]), main, rows: measured }] };
  },
};
