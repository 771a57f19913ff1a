const PRODUCTS = 200;
const WORDS = ['Kettle', 'Teapot', 'Mug', 'Tray'];

/** A shop that has just opened, unless the file has one: 200 products and two tenants. */
export function seed(connection: { exec(sql: string): void }): void {
  connection.exec(`
    CREATE TABLE IF NOT EXISTS product (sku TEXT PRIMARY KEY, name TEXT, category TEXT, added TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS margin (sku TEXT PRIMARY KEY, percent INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tenant (name TEXT PRIMARY KEY, discount INTEGER) WITHOUT ROWID;
    INSERT OR IGNORE INTO tenant VALUES ('acme', 0), ('globex', 10);
  `);
  const rows = Array.from({ length: PRODUCTS }, (_, index) => {
    const sku = `P${String(index + 1).padStart(3, '0')}`;
    const word = WORDS[index % WORDS.length];
    return { sku, product: `('${sku}', '${word} ${index + 1}', '${word?.toLowerCase()}s', '2026-01-01')` };
  });
  connection.exec(`INSERT OR IGNORE INTO product VALUES ${rows.map(({ product }) => product).join(', ')}`);
  connection.exec(`INSERT OR IGNORE INTO margin VALUES ${rows.map(({ sku }) => `('${sku}', 30)`).join(', ')}`);
}
