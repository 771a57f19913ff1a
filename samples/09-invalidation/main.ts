import { createPond, invalidate, returnState, type State } from 'flowpond';
import { Shop } from './shop.js';

const pond = createPond();
const shop = pond.bind(new Shop());

async function show(): Promise<void> {
  await line('price of apple', () => returnState(shop).price('apple'));
  await line('price of pear', () => returnState(shop).price('pear'));
  await line('total', () => returnState(shop).total());
}

async function line(what: string, call: () => Promise<State<number>>): Promise<void> {
  const state = await call();
  const { status, detail, reason } = state.cache ?? {};
  console.log(`  ${what.padEnd(14)} ${state.result()}  ${status === 'hit' ? 'hit' : `${status}, ${detail ?? reason}`}`);
}

console.log('For the first time');
await show();

console.log('\nAfter setPrice: what it says is wrong now is forgotten, and nothing else');
await shop.setPrice('apple', 5);
await show();

console.log('\nAfter a setPrice that failed: nothing is forgotten');
await shop.setPrice('apple', -5).catch((error: Error) => console.log(`  ${error.message}`));
await show();

console.log('\nAfter raise: everything with the tag prices');
await shop.raise(100);
await show();

console.log('\nA change while a run is under way: its caller gets what it found, nobody else does');
await invalidate(shop).price('pear');
const running = shop.price('pear');
await shop.setPrice('pear', 9);
const after = shop.price('pear');
console.log(`  called before ${await running}, called after ${await after}`);
await line('price of pear', () => returnState(shop).price('pear'));

console.log('\nBy hand, from anywhere');
await pond.invalidate({ tags: 'price:apple' });
await pond.invalidate({ task: shop.total });
await show();

await pond.close();
