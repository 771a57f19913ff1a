import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createTestPond } from '../../lib/testing/index.js';
import { Pricing } from './migrating/from-cache-manager.js';
import { Computation } from './migrating/from-prefect.js';
import { Users } from './migrating/from-type-cacheable.js';

const page = readFileSync('docs/migrating.md', 'utf8');

describe('docs/migrating.md', () => {
  it.each(['from-cache-manager', 'from-type-cacheable', 'from-prefect'])('shows what is run here: %s', (name) => {
    const [, block] = new RegExp(`<!-- ${name} -->\n\`\`\`ts\n([^]*?)\`\`\``).exec(page) ?? [];
    expect(readFileSync(`spec/acceptance/migrating/${name}.ts`, 'utf8')).toContain(block as string);
  });

  it('quotes from the supplier once, until the price is set', async () => {
    let asked = 0;
    const pricing = createTestPond().bind(new Pricing({ price: async () => ++asked }));
    expect([await pricing.quote('a'), await pricing.quote('a')]).toEqual([1, 1]);
    await pricing.setPrice('a', 5);
    expect(await pricing.quote('a')).toBe(2);
  });

  it('keeps null too, until a user is saved', async () => {
    const users = createTestPond().bind(new Users());
    expect([await users.find('7'), await users.find('7'), users.reads]).toEqual([null, null, 1]);
    await users.save({ id: '7', name: 'Ann' });
    expect(await users.find('7')).toMatchObject({ name: 'Ann' });
  });

  it('computes once in each flow run', async () => {
    const computation = createTestPond({
      logLevel: 'info',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    }).bind(new Computation());
    await computation.cacheIt();
    await computation.cacheIt();
    expect(computation.runs).toBe(2);
  });
});
