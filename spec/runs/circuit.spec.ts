import { describe, expect, it } from '@jest/globals';
import { Circuit } from '../../lib/runs/circuit.js';

/** Asks, and fails at once; false where it may not ask. */
function failsAlone(circuit: Circuit, now = 0): boolean {
  if (!circuit.admits(now)) return false;
  circuit.failed(now, circuit.counted);
  return true;
}

/** What questions remember that are sent now. */
function sent(circuit: Circuit, count: number, now = 0): number[] {
  return Array.from({ length: count }, () => {
    expect(circuit.admits(now)).toBe(true);
    return circuit.counted;
  });
}

describe('the circuit of a store', () => {
  it('opens after five failures of questions sent one after another', () => {
    const circuit = new Circuit();
    const asked = Array.from({ length: 8 }, () => failsAlone(circuit));
    expect(asked).toEqual([true, true, true, true, true, false, false, false]);
  });

  it('counts a crowd that was sent together, and fails together, as one failure', () => {
    const circuit = new Circuit();
    for (const counted of sent(circuit, 1_000)) circuit.failed(0, counted);
    expect([circuit.healthy, circuit.counted, circuit.admits(0)]).toEqual([false, 1, true]);
  });

  it('opens after five crowds, one after another', () => {
    const circuit = new Circuit();
    for (let crowd = 0; crowd < 5; crowd++) for (const counted of sent(circuit, 100)) circuit.failed(0, counted);
    expect(circuit.admits(0)).toBe(false);
  });

  it('opens after five deadlines where questions are sent all the time and none is answered', () => {
    const circuit = new Circuit();
    const waiting: { readonly at: number; readonly counted: number }[] = [];
    let now = 0;
    for (; circuit.admits(now) && now < 60_000; now += 10) {
      for (let first = waiting[0]; first !== undefined && first.at <= now; first = waiting[0]) {
        waiting.shift();
        circuit.failed(now, first.counted);
      }
      waiting.push({ at: now + 1_000, counted: circuit.counted });
    }
    expect(now).toBeGreaterThan(5_000);
    expect(now).toBeLessThan(5_100);
  });

  it('stays closed where answers come among the failures', () => {
    const circuit = new Circuit();
    for (let round = 0; round < 20; round++) {
      for (const counted of sent(circuit, 3)) circuit.failed(0, counted);
      circuit.succeeded();
    }
    expect([circuit.healthy, circuit.admits(0)]).toEqual([true, true]);
  });

  it('lets one try after a pause, whose failure opens it again though a crowd failed before it', () => {
    const circuit = new Circuit();
    const crowd = sent(circuit, 10);
    for (let i = 0; i < 5; i++) failsAlone(circuit);
    expect(circuit.admits(4_999)).toBe(false);
    expect(circuit.admits(5_000)).toBe(true);
    const probe = circuit.counted;
    for (const counted of crowd) circuit.failed(5_100, counted);
    expect(circuit.admits(5_200)).toBe(false); // the crowd's failures are not the answer that is waited for
    circuit.failed(6_000, probe);
    expect([circuit.admits(10_999), circuit.admits(11_000), circuit.admits(11_000)]).toEqual([false, true, false]);
  });

  it('closes when the try is answered, and does not mind failures from before', () => {
    const circuit = new Circuit();
    const crowd = sent(circuit, 10);
    for (let i = 0; i < 5; i++) failsAlone(circuit);
    expect(circuit.admits(5_000)).toBe(true);
    circuit.succeeded();
    for (const counted of crowd) circuit.failed(5_000, counted);
    expect([circuit.healthy, circuit.admits(5_000)]).toEqual([true, true]);
  });
});
