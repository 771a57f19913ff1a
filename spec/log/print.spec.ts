import { describe, expect, it } from '@jest/globals';
import { formatPrint } from '../../lib/log/print.js';

describe('formatPrint', () => {
  it('is what console.log would have written', () => {
    expect(formatPrint(['%s has %d', 'x', 3, { a: [1n] }])).toBe('x has 3 { a: [ 1n ] }');
    expect(formatPrint([])).toBe('');
    expect(formatPrint([{ a: 'b' }, 'c'])).toBe("{ a: 'b' } c");
  });

  it('takes out the colours that the caller put in', () => {
    expect(formatPrint(['\u001b[31mred\u001b[39m', { a: 1 }])).toBe('red { a: 1 }');
  });
});
