/** What a visitor asks for next: mostly prices, of two tenants. */
export function nextRequest(): { readonly path: string; readonly headers: Readonly<Record<string, string>> } {
  const sku = `P${String(1 + Math.floor(Math.random() * 200)).padStart(3, '0')}`;
  const headers = { 'x-tenant': Math.random() < 0.5 ? 'acme' : 'globex' };
  const which = Math.random();
  if (which < 0.7) return { path: `/products/${sku}/price`, headers };
  return { path: which < 0.9 ? `/products/${sku}` : '/products?category=mugs', headers };
}
