/**
 * Reads the canonical text of an argument list back: primitives, arrays, plain objects, Maps and Sets. Where a text can be read in one way
 * only, no two values share it.
 */
export function readArguments(text: string): unknown[] {
  const reader = new Reader(text);
  const args = reader.list(reader.count('('), ')');
  reader.expectEnd();
  return args;
}

const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
]);

class Reader {
  #at = 0;
  #lists: string[][] = [];

  constructor(readonly text: string) {}

  expectEnd(): void {
    if (this.#at !== this.text.length) throw new Error(`more text at ${this.#at}`);
  }

  /** A number and what follows it. */
  count(after: string): number {
    const digits = this.#match(/\d+/y);
    this.#expect(after);
    return Number(digits);
  }

  /** So many values, the first without a comma. */
  list(count: number, end: string): unknown[] {
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) {
      if (i > 0) this.#expect(',');
      values.push(this.#value());
    }
    this.#expect(end);
    return values;
  }

  #value(): unknown {
    if (this.#takes('[')) return this.#elements();
    if (this.#takes('{')) return this.#fields();
    if (this.#takes('Map[')) return new Map(this.#entries(2) as [unknown, unknown][]);
    if (this.#takes('Set[')) return new Set(this.#entries(1).flat());
    if (this.#takes('s')) return this.#take(this.count(':'));
    const word = this.#match(/[^,)\]}>]+/y);
    if (WORDS.has(word)) return WORDS.get(word);
    return word.endsWith('n') ? BigInt(word.slice(0, -1)) : Number(word);
  }

  #elements(): unknown[] {
    const array = new Array(Number(this.#match(/\d+/y)));
    let i = 0;
    while (i < array.length) {
      this.#expect(',');
      if (this.#takes('~')) i += Number(this.#match(/\d+/y));
      else array[i++] = this.#value();
    }
    this.#expect(']');
    return array;
  }

  #fields(): object {
    const keys = this.#keys();
    const object = {};
    for (const key of keys) {
      this.#expect(',');
      Object.defineProperty(object, key, {
        value: this.#value(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    this.#expect('}');
    return object;
  }

  #keys(): readonly string[] {
    if (this.#takes('#')) {
      const before = this.#lists[Number(this.#match(/\d+/y))];
      if (before === undefined) throw new Error(`no such list of keys at ${this.#at}`);
      return before;
    }
    const start = this.#at - 1;
    const keys: string[] = [];
    for (let left = Number(this.#match(/\d+/y)); left > 0; left--) {
      this.#expect(',');
      keys.push(this.#take(this.count(':')));
    }
    if (keys.length > 0 && this.#lists.length < 64 && this.#at - start <= 16 * 1024) this.#lists.push(keys);
    return keys;
  }

  /** Each is read as if nothing stood before it. */
  #entries(parts: number): unknown[][] {
    const entries: unknown[][] = [];
    const lists = this.#lists;
    for (let left = Number(this.#match(/\d+/y)); left > 0; left--) {
      this.#lists = [];
      const entry: unknown[] = [];
      for (let part = 0; part < parts; part++) {
        this.#expect(',');
        entry.push(this.#value());
      }
      entries.push(entry);
    }
    this.#lists = lists;
    this.#expect(']');
    return entries;
  }

  #takes(start: string): boolean {
    if (!this.text.startsWith(start, this.#at)) return false;
    this.#at += start.length;
    return true;
  }

  #expect(piece: string): void {
    if (!this.#takes(piece)) throw new Error(`no ${piece} at ${this.#at}`);
  }

  #take(length: number): string {
    this.#at += length;
    return this.text.slice(this.#at - length, this.#at);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new Error(`no ${pattern} at ${this.#at}`);
    this.#at += found.length;
    return found;
  }
}
