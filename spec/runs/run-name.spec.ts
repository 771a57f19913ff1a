import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ADJECTIVES, ANIMALS, randomRunName } from '../../lib/runs/run-name.js';

describe('randomRunName', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('gives an adjective and an animal in lower case, joined by a hyphen', () => {
    for (let i = 0; i < 1_000; i++) {
      const [adjective, animal, ...more] = randomRunName().split('-');
      expect(ADJECTIVES).toContain(adjective);
      expect(ANIMALS).toContain(animal);
      expect(more).toEqual([]);
    }
  });

  it('can give every word of both lists, the first and the last too', () => {
    const drawn = new Set<string>();
    for (let i = 0; i < 20_000; i++) for (const word of randomRunName().split('-')) drawn.add(word);
    expect(drawn).toEqual(new Set([...ADJECTIVES, ...ANIMALS]));
  });

  it.each([0, 1 - 2 ** -53])('stays within the lists when the random number is %d', (edge) => {
    jest.spyOn(Math, 'random').mockReturnValue(edge);
    const at = edge === 0 ? 0 : -1;
    expect(randomRunName()).toBe(`${ADJECTIVES.at(at)}-${ANIMALS.at(at)}`);
  });

  it('draws the two words independently', () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5);
    expect(randomRunName()).toBe(`${ADJECTIVES[0]}-${ANIMALS[Math.floor(ANIMALS.length / 2)]}`);
  });
});

describe('the word lists', () => {
  it.each([
    ['adjectives', ADJECTIVES],
    ['animals', ANIMALS],
  ])('hold at least 120 short %s of the letters a to z, in order and frozen', (_, list) => {
    expect(list.length).toBeGreaterThanOrEqual(120);
    expect(list.filter((word) => !/^[a-z]{3,12}$/.test(word))).toEqual([]);
    expect(list).toEqual([...list].sort());
    expect(Object.isFrozen(list)).toBe(true);
  });

  it('hold no word twice, not even across the two', () => {
    const all = [...ADJECTIVES, ...ANIMALS];
    expect(all.filter((word, i) => all.indexOf(word) !== i)).toEqual([]);
  });

  it('hold the words of the name that the documentation shows', () => {
    expect(ADJECTIVES).toContain('golden');
    expect(ANIMALS).toContain('pug');
  });
});
