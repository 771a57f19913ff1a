import './matchers.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { Database } from '../shop/database/database.js';
import { openShop, type ShopUnderTest } from './applications.js';

let shop: ShopUnderTest;
beforeEach(async () => {
  shop = await openShop();
});

const ask = () => request(shop.app.getHttpServer());
const price = (tenant: string, sku = 'P007') => ask().get(`/products/${sku}/price`).set('x-tenant', tenant);
const setMargin = (percent: unknown, sku = 'P007') =>
  ask()
    .put(`/products/${sku}/margin`)
    .send({ percent } as object);
const list = (category: string) => ask().get('/products').query({ category });
const add = (product: object) => ask().post('/products').send(product);

describe('the catalogue', () => {
  it('lists products, all or those of a category', async () => {
    expect((await ask().get('/products').expect(200)).body).toHaveLength(200);
    const { body } = await list('mugs').expect(200);
    expect(body).toHaveLength(50);
    expect(body[0]).toEqual({
      sku: 'P003',
      title: 'Mug 3 (P003)',
      category: 'mugs',
      added: '2026-01-01T00:00:00.000Z',
    });
    await list('no category').expect(400);
  });

  it('shows a product', async () => {
    const { body } = await ask().get('/products/P007').expect(200);
    expect(body.title).toBe('Mug 7 (P007)');
    await ask().get('/products/P999').expect(404);
  });

  it('says by a header what came from the cache, and what the run is called', async () => {
    const first = await list('mugs').expect('x-cache', 'HIT 0, MISS 1');
    const second = await list('Mugs').expect('x-cache', 'HIT 1, MISS 0');
    expect(first.headers['x-flow-run']).toMatch(/^[a-z]+-[a-z]+$/);
    expect(second.headers['x-flow-run-id']).not.toBe(first.headers['x-flow-run-id']);
    expect(second.body).toEqual(first.body);
    expect(shop.app.get(Database).statements).toBe(1);
  });

  it('has a new product in its lists at once', async () => {
    await list('mugs');
    await ask().get('/products/P201').expect(404);
    const { body } = await add({ sku: 'P201', name: '  Mug 201 ', category: 'Mugs' }).expect(201);
    expect(body.title).toBe('Mug 201 (P201)');
    expect((await list('mugs')).body).toHaveLength(51);
    await ask().get('/products/P201').expect(200);
    await price('acme', 'P201').expect(200);
  });

  it('refuses a product that it has, and what is none', async () => {
    await add({ sku: 'P007', name: 'Mug', category: 'mugs' }).expect(409);
    await add({ sku: 'seven', name: 'Mug', category: 'mugs' }).expect(400);
    await add({ sku: 'P201', name: ' ', category: 'mugs' }).expect(400);
    await add({ sku: 'P201', name: 'Mug', category: 'mugs', cents: 1 }).expect(400);
  });
});

describe('pricing', () => {
  it('has a price for each tenant, and none for who is none', async () => {
    expect((await price('acme').expect('x-cache', 'HIT 1, MISS 2')).body).toMatchObject({
      tenant: 'acme',
      cents: 1_391,
    });
    expect((await price('globex').expect('x-cache', 'HIT 2, MISS 1')).body.cents).toBe(1_252);
    expect((await price('acme').expect('x-cache', 'HIT 1, MISS 0')).body.cents).toBe(1_391);
    await price('nobody').expect(401);
    await ask().get('/products/P007/price').expect(401);
    await price('acme', 'P999').expect(404);
    expect(shop.desk.calls).toBe(1);
  });

  it('shows a new price at once, to all tenants', async () => {
    await Promise.all([price('acme'), price('globex')]);
    await setMargin('50').expect(204);
    expect((await price('acme')).body.cents).toBe(1_605);
    expect((await price('globex')).body.cents).toBe(1_445);
    await setMargin(501).expect(400);
    await setMargin('much').expect(400);
    await setMargin(10, 'P999').expect(404);
    expect((await price('acme').expect('x-cache', 'HIT 1, MISS 0')).body.cents).toBe(1_605);
  });

  it('asks the supplier once for fifty who come at the same time', async () => {
    shop.desk.latencyMs = 50;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => price(index % 2 === 0 ? 'acme' : 'globex')),
    );
    expect(new Set(answers.map(({ body }) => body.cents))).toEqual(new Set([1_391, 1_252]));
    expect(shop.desk.calls).toBe(1);
    expect(shop.pond).toHaveRun('price', 2);
  });

  it('has the old price while the supplier is down, and none where there was none', async () => {
    await price('acme');
    shop.desk.down = true;
    await shop.pond.clock.advance('2h');
    expect((await price('acme').expect(200)).body.cents).toBe(1_391);
    await price('acme', 'P008').expect(500);
    shop.desk.down = false;
    await price('acme', 'P008').expect(200);
  });
});

describe('the night', () => {
  it('asks the supplier anew, and sells what it has plenty of with a smaller margin, at once', async () => {
    expect((await price('acme', 'P007')).body.cents).toBe(1_391);
    shop.desk.surcharge = 50;
    const { body } = await ask().post('/repricing').expect(201);
    expect(body).toMatchObject({ repriced: 200, doneBefore: 0, failed: [] });
    expect((await price('acme', 'P007')).body.cents).toBe(1_926); // 16.05 and 20 %
    expect((await price('acme', 'P040')).body.cents).toBe(2_730); // 21.00 and 30 %
  }, 120_000);

  it('does only what is left when it is run again', async () => {
    const reprice = () => ask().post('/repricing').send({ day: '2026-01-02' });
    shop.desk.down = new Set(['P003', 'P004']);
    expect((await reprice()).body).toMatchObject({ repriced: 198, failed: ['P003', 'P004'] });
    shop.desk.down = false;
    expect((await reprice()).body).toMatchObject({ repriced: 2, doneBefore: 198, failed: [] });
    expect(shop.desk.calls).toBe(202);
    await ask().post('/repricing').send({ day: 'today' }).expect(400);
  }, 120_000);
});

describe('what surrounds it', () => {
  it('tells how it is', async () => {
    const { body } = await ask().get('/health').expect(200);
    expect(body.details.flowpond).toEqual({ status: 'up', stores: { memory: 'up' } });
  });

  it('is described by Swagger, whatever decorators its methods have', async () => {
    await ask().get('/docs/').expect(200);
    const { paths, components } = (await ask().get('/docs-json').expect(200)).body;
    expect(Object.keys(paths)).toEqual([
      '/health',
      '/products',
      '/products/{sku}',
      '/products/{sku}/price',
      '/products/{sku}/margin',
      '/repricing',
    ]);
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['ProductView', 'NewProduct', 'Price', 'Margin', 'Repricing']),
    );
  });
});
