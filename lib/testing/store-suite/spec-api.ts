import { InvalidOptionsError } from '../../base/errors.js';

/** What the suite asks of a value; Jest's and Vitest's `expect` both have it. */
export interface Assertions {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toBeGreaterThan(expected: number): unknown;
}

/** The parts of a test runner that the suite runs on. */
export interface SpecApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly expect: (value: unknown) => Assertions;
}

const PARTS = ['describe', 'it', 'expect'] as const;

/** The runner given, else that of the globals. Throws where a part is missing. */
export function specApi(given: Partial<SpecApi> | undefined): SpecApi {
  const globals = globalThis as unknown as Partial<SpecApi>;
  const api: Partial<Record<keyof SpecApi, unknown>> = {};
  for (const part of PARTS) {
    api[part] = given !== undefined && Object.hasOwn(given, part) ? given[part] : globals[part];
    if (typeof api[part] === 'function') continue;
    throw new InvalidOptionsError({
      where: 'describeStateStore',
      option: `api.${part}`,
      value: api[part],
      problem: 'is neither given nor a global of the test runner',
      remedy: "Give { api: { describe, it, expect } } of '@jest/globals' or 'vitest'.",
    });
  }
  return api as SpecApi;
}
