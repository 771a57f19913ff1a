const BRAND = Symbol.for('flowpond.plain');

/** Data from which `returns` brings a value back, with the seal of what it was: stored instead of the value. */
export class Plain {
  constructor(
    readonly seal: string,
    readonly data: unknown,
  ) {
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Of any copy of the package. */
  static is(value: unknown): value is Plain {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, BRAND);
  }
}
