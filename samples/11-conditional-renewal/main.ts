import { createPond, getTaskRunContext, refresh, returnState, Task, taskInputHash } from 'flowpond';
import { fakeClock } from 'flowpond/testing';
import { PageServer } from './server.js';

interface Page {
  readonly etag: string;
  readonly body: string;
}

class PageService {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' })
  async page(url: string): Promise<Page> {
    const previous = getTaskRunContext().previous as Page | undefined;
    const response = await fetch(url, previous && { headers: { 'if-none-match': previous.etag } });
    if (response.status === 304 && previous !== undefined) return previous;
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return { etag: response.headers.get('etag') ?? '', body: await response.text() };
  }
}

const server = new PageServer();
const url = await server.open();
const clock = fakeClock(); // minutes pass at once
const pond = createPond({ clock });
const pages = pond.bind(new PageService());

async function call(): Promise<void> {
  const state = await returnState(pages).page(url);
  console.log(`  ${state.cache?.status}: ${state.result().body}`);
}

console.log('The first call');
server.page = 'Apples 2.50, pears 3.10';
await call();

console.log('\nFresh');
await call();

console.log('\nExpired, and the page is what it was');
clock.advance('1m');
await call();
await call();

console.log('\nExpired, and the page has changed');
clock.advance('1m');
server.page = 'Apples 2.40, pears 3.10, plums 4.00';
await call();

console.log('\nA refresh has no previous value: it asks for all of it');
await refresh(pages).page(url);

await pond.close();
server.close();
