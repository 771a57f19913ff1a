import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { FlowpondError, InvalidOptionsError } from '../../lib/base/errors.js';
import { UnstorableError } from '../../lib/stores/codec.js';
import { Plain } from '../../lib/stores/plain.js';
import { differenceOf } from '../../lib/stores/revival/difference.js';
import { revive, toPlain } from '../../lib/stores/revival.js';
import { Undecodable } from '../../lib/stores/undecodable.js';
import {
  type LineShape,
  type ReportShape,
  refusalOf,
  reviveInBothDialects,
  stored,
  throughStore,
  undecodableOf,
} from './revival-cases.js';

class Line implements LineShape {
  amount!: number;
  @Type(() => Date) at!: Date;

  doubled(): number {
    return 2 * this.amount;
  }
}

class Report implements ReportShape {
  id!: string;
  @Type(() => Date) when!: Date;
  @Type(() => Line) lines!: Line[];
  @Type(() => Line) best: Line | undefined;
  @Type(() => Line) byId!: Map<string, Line>;
  @Type(() => Line) all!: Set<Line>;
  @Type(() => Date) days!: Set<Date>;
  bytes!: Uint8Array;
  @Type(() => URL) home!: URL;
  failure!: Error;
  total!: bigint;
  holes!: unknown[];
  bare!: object;

  sum(): number {
    return this.lines.reduce((sum, line) => sum + line.amount, 0);
  }
}

/** What another realm gives, as native modules do under Jest. */
const elsewhere = <T>(code: string): T => runInNewContext(code) as T;

/** A class as it is in another version of the program: the same name, other members. */
function versions<const T extends ReadonlyArray<new () => object>>(...classes: T): T {
  for (const version of classes) Object.defineProperty(version, 'name', { value: 'Version' });
  return classes;
}

describe('Revival with decorators', () => {
  reviveInBothDialects({ Report, Line });

  it('takes arrays, dates, collections and plain objects of another realm, as a database driver gives them', () => {
    const line = Object.assign(new Line(), { amount: 1, at: elsewhere<Date>('new Date(5)') });
    class Result {
      @Type(() => Line) lines: Line[] = Object.assign(elsewhere<Line[]>('[]'), [line]);
      @Type(() => Line) byId: Map<string, Line> = elsewhere<Map<string, Line>>('new Map()').set('a', line);
      row = elsewhere<{ readonly id: number }>('({ id: 7 })');
    }
    const result = throughStore(new Result(), () => Result) as Result;
    expect(result.lines[0]).toBeInstanceOf(Line);
    expect(result.lines[0]?.at.getTime()).toBe(5);
    expect(result.byId.get('a')?.doubled()).toBe(2);
    expect(result.row).toEqual({ id: 7 });
    expect(throughStore(Object.assign(elsewhere<Line[]>('[]'), [line]), () => [Line])).toHaveLength(1);
  });

  it('does not take an heir of an array, or another class, for one of another realm', () => {
    class List extends Array<number> {}
    class Holder {
      list: number[] = List.from([1]);
    }
    expect(refusalOf(new Holder(), () => Holder).path).toBe('.list');
    expect(differenceOf({}, Object.create(null))).toBeDefined();
    expect(differenceOf(elsewhere('[]'), elsewhere('({})'))).toBeDefined();
  });

  it('takes what @Expose and @Transform say, as long as the value comes back', () => {
    class Price {
      @Expose({ name: 'amount_in_cents' }) cents!: number;
      @Transform(({ value }) => (value as number[]).join('/'), { toPlainOnly: true })
      @Transform(({ value }) => String(value).split('/').map(Number), { toClassOnly: true })
      parts!: number[];
      @Expose() get euros(): number {
        return this.cents / 100;
      }
    }
    const price = Object.assign(new Price(), { cents: 250, parts: [1, 2] });
    expect(toPlain(price, () => Price).data).toEqual({ amount_in_cents: 250, parts: '1/2', euros: 2.5 });
    expect(throughStore(price, () => Price)).toEqual(price);
  });

  it('finds the class of a field by its discriminator', () => {
    abstract class Shape {
      abstract area(): number;
    }
    class Square extends Shape {
      side = 1;
      area = (): number => this.side ** 2;
    }
    class Circle extends Shape {
      radius!: number;
      area(): number {
        return 3 * this.radius ** 2;
      }
    }
    class Drawing {
      @Type(() => Shape, {
        discriminator: {
          property: 'kind',
          subTypes: [
            { value: Square, name: 'square' },
            { value: Circle, name: 'circle' },
          ],
        },
      })
      shapes!: Shape[];
    }
    const drawing = Object.assign(new Drawing(), { shapes: [Object.assign(new Circle(), { radius: 2 })] });
    expect(throughStore(drawing, () => Drawing).shapes[0]?.area()).toBe(12);
    expect(Object.keys(drawing.shapes[0] ?? {})).toEqual(['radius']);
    drawing.shapes.push(new Square() as unknown as Circle);
    expect(() => toPlain(drawing, () => Drawing)).toThrow('cannot store .shapes[1].area: it is a function');
  });
});

describe('A value that would not come back the same', () => {
  it('is refused, naming the field whose class is not declared', () => {
    class Order {
      line!: Line;
      extra = [{ deep: undefined as Line | undefined }];
    }
    const order = Object.assign(new Order(), { line: Object.assign(new Line(), { amount: 1 }) });
    const error = refusalOf(order, () => Order);
    expect(error).toBeInstanceOf(FlowpondError);
    expect(error.code).toBe('FLOWPOND_REVIVAL');
    expect(error.path).toBe('.line');
    expect(error.message).toBe(
      'Order.line cannot be stored: it is an instance of Line and would come back as a plain object. ' +
        "Declare its class with @Type(() => Line), or Type(() => Line)(Order.prototype, 'line') in standard decorators.",
    );
    const deeper = Object.assign(new Order(), { line: undefined, extra: [{ deep: new Line() }] });
    const far = refusalOf(deeper, () => Order);
    expect(far.path).toBe('.extra[0].deep');
    expect(far.message).toContain("(Order.prototype, 'extra')");
  });

  it('is refused, naming the field that class-transformer leaves out', () => {
    class User {
      name = 'Ada';
      @Exclude() password = 'secret';
    }
    const error = refusalOf(Object.assign(new User(), { password: 'own' }), () => User);
    expect(error.path).toBe('.password');
    expect(error.message).toContain('it is a string and would come back as another');
    class Account {
      @Exclude() token!: string;
    }
    const account = Object.assign(new Account(), { token: 't' });
    expect(refusalOf(account, () => Account).message).toBe(
      'Account.token cannot be stored: class-transformer leaves it out. Take its @Exclude away, or leave `returns` out.',
    );
  });

  it('never stores a Map or Set that is excluded', () => {
    class Holder {
      @Exclude() secrets!: Map<string, string>;
    }
    const holder = Object.assign(new Holder(), { secrets: new Map([['a', 'b']]) });
    expect(refusalOf(holder, () => Holder).path).toBe('.secrets');
  });

  it('is refused if it is no instance of the class', () => {
    expect(refusalOf({ id: 1 }, () => Report).message).toBe(
      'Report cannot be stored: it is a plain object. Return a Report, or leave `returns` out.',
    );
    class Special extends Report {}
    expect(refusalOf(Object.assign(new Special(), { lines: [] }), () => Report).message).toContain(
      'it is an instance of Special',
    );
    expect(refusalOf([{ id: 1 }], () => [Report]).message).toContain(
      'it is a plain object and would come back as an instance of Report',
    );
  });

  it('is refused if the constructor cannot do without arguments', () => {
    class Money {
      readonly currency: string;
      constructor(given: { currency: string }) {
        this.currency = given.currency;
      }
    }
    const error = refusalOf(new Money({ currency: 'EUR' }), () => Money);
    expect(error.message).toContain('Money cannot be stored: class-transformer failed with');
    expect(error.message).toContain('Its constructor must work without arguments');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('is refused even if its key looks at less than all of it', () => {
    class Keyed {
      id = 1;
      @Exclude() rest!: string;
      toCacheKey(): number {
        return this.id;
      }
    }
    expect(refusalOf(Object.assign(new Keyed(), { rest: 'x' }), () => Keyed).path).toBe('.rest');
  });

  it('is refused with its path if it holds what cannot be stored', () => {
    class Client {
      nested: unknown;
    }
    class Vault {
      id = 1;
      #hidden = 2;
      get hidden(): number {
        return this.#hidden;
      }
    }
    const holding = (nested: unknown): Client => Object.assign(new Client(), { nested });
    const refuses = (nested: unknown, message: string): void => {
      expect(() => toPlain(holding(nested), () => Client)).toThrow(UnstorableError);
      expect(() => toPlain(holding(nested), () => Client)).toThrow(message);
    };
    let called = 0;
    refuses([{ fn: () => called++ }], 'cannot store .nested[0].fn: it is a function');
    refuses(new Map([['a', new Vault()]]), 'cannot store .nested.get("a"): Vault hides state in its #private members');
    refuses(Promise.resolve(1), 'cannot store .nested: Promise is a thenable');
    const circle = holding(undefined);
    circle.nested = [circle];
    expect(() => toPlain(circle, () => Client)).toThrow('cannot store .nested[0]: it contains itself');
    expect(called).toBe(0);
  });

  it('is refused if `returns` gives no class', () => {
    for (const returns of [() => 'Report', () => [Report, Line], () => () => 1, () => undefined]) {
      expect(() => toPlain(1, returns as never)).toThrow(InvalidOptionsError);
      undecodableOf(new Plain('', 1), returns as never);
    }
  });
});

describe('What was stored of a class', () => {
  it('that has another name now is undecodable', () => {
    class Before {
      id = 1;
    }
    class After {
      id = 1;
    }
    const plain = toPlain(new Before(), () => Before);
    expect(undecodableOf(stored(plain), () => After)).toBe('After is not what it was when this was stored');
    expect(revive(stored(plain), () => Before)).not.toBeInstanceOf(Undecodable);
  });

  it.each<[string, new () => object, new () => object]>([
    [
      'got a field with a value',
      class {
        id = 1;
      },
      class {
        id = 1;
        currency = 'EUR';
      },
    ],
    [
      'got a field without one',
      class {
        id = 1;
      },
      class {
        id = 1;
        note: unknown;
      },
    ],
    [
      'lost a field',
      class {
        id = 1;
        note: unknown = 2;
      },
      class {
        id = 1;
      },
    ],
    [
      'renamed a field',
      class {
        total = 1;
      },
      class {
        sum = 1;
      },
    ],
  ])('that %s is undecodable', (_, first, second) => {
    const [Before, After] = versions(first, second);
    const plain = toPlain(new Before(), () => Before);
    expect(undecodableOf(stored(plain), () => After)).toContain('is not what it was');
    expect(revive(stored(plain), () => Before)).not.toBeInstanceOf(Undecodable);
  });

  it('whose nested class is another is undecodable', () => {
    class Item {
      name = 'x';
    }
    class Before {
      @Type(() => Item) item = new Item();
    }
    class After {
      item: unknown = new Item();
    }
    const [Old, New] = versions(Before, After);
    expect(undecodableOf(stored(toPlain(new Old(), () => Old)), () => New)).toContain('is not what it was');
  });

  it('whose constructor throws now is undecodable', () => {
    class Before {
      id = 1;
    }
    class After {
      constructor() {
        throw new Error('needs a database');
      }
    }
    const plain = stored(toPlain(new Before(), () => Before));
    expect(undecodableOf(plain, () => After)).toBe('it cannot be revived: needs a database');
  });

  it('is undecodable if it was stored without a class, whatever it looks like', () => {
    expect(undecodableOf({ seal: 'x', data: {} }, () => Report)).toBe('it was stored without `returns`');
    expect(undecodableOf(undefined, () => Report)).toBe('it was stored without `returns`');
  });

  it('is undecodable if its data is not what was sealed', () => {
    const { seal } = toPlain(Object.assign(new Line(), { amount: 5 }), () => Line);
    const forged = [
      { amount: 1 },
      JSON.parse('{"__proto__": {"amount": 1}}'),
      { constructor: { prototype: { polluted: 1 } } },
      [],
      'x',
      { toString: 1 },
    ];
    for (const data of forged) undecodableOf(new Plain(seal, data), () => Line);
    const circle: unknown[] = [];
    circle.push(circle);
    expect(undecodableOf(new Plain(seal, circle), () => Line)).toContain('it contains itself');
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
