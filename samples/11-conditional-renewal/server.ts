import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page that a server gives with an ETag, and does not give again to those who have it. */
export class PageServer {
  page = '';
  readonly #server: Server = createServer((request, response) => {
    const etag = `"${createHash('sha256').update(this.page).digest('base64url').slice(0, 8)}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    const sent = isKnown ? '' : this.page;
    response.writeHead(isKnown ? 304 : 200, { etag }).end(sent);
    console.log(`  server: ${response.statusCode}, ${sent.length} bytes`);
  });

  /** Its address. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
