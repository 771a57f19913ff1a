import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityGroup, Names, namespaceGroup, parseGroup, tagGroup } from '../../lib/redis/names.js';
import { keyOf } from '../stores/records.js';

const text = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ':', '1:a', '{x}', '#', '\ud800', '\ud801', 'a\udfff', '__proto__'),
);

/** What decides on the slot of a name: the first text in braces. */
function slotOf(name: string): string | undefined {
  return /\{([^}]+)\}/.exec(name)?.[1];
}

describe('the names of a Redis store', () => {
  it('put all that belongs to a key in one slot, which the input does not choose', () => {
    const names = new Names('shop');
    const slots = ['{x}1', '{x}2', '{x}3'].map((key) => {
      const [value, ...others] = names.keys(keyOf(key).digest).map(slotOf);
      expect(others).toEqual([value, value]);
      return value;
    });
    expect(new Set(slots).size).toBe(3);
    expect(slotOf(names.board)).toBe(slotOf(names.by));
  });

  it('of groups are as different as what they stand for, also as the server sees them', () => {
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const groups = [
          tagGroup(a, b),
          tagGroup(c, d),
          identityGroup(a, b),
          identityGroup(c, d),
          namespaceGroup(a),
          namespaceGroup(c),
        ];
        const seen = new Set(groups.map((group) => Buffer.from(group).toString('hex')));
        const same = a === c && b === d;
        expect(seen.size).toBe(2 * (same ? 1 : 2) + (a === c ? 1 : 2));
      }),
    );
  });

  it('of groups say what they stand for, unless they were too long or odd to be kept', () => {
    fc.assert(
      fc.property(text, text, (namespace, name) => {
        const parsed = parseGroup(tagGroup(namespace, name));
        if (parsed !== undefined) expect(parsed).toEqual({ kind: 't', namespace, name });
        else expect(`${namespace}${name}`.length > 200 || /\p{Surrogate}/u.test(`${namespace}${name}`)).toBe(true);
      }),
    );
  });
});
