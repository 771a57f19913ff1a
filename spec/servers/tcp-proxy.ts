import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What goes wrong between a client and its server. */
export interface Weather {
  /** Connections are refused: nobody listens. */
  readonly refuse?: boolean;
  /** Connections stay open, and nothing passes: on all, or on those alone that have subscribed to something. */
  readonly silent?: boolean | 'subscribers';
  /** Everything comes so much later, in milliseconds, each way. */
  readonly delayMs?: number;
  /** Bytes come one by one. */
  readonly sliced?: boolean;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  subscribed: boolean;
  /** Something was lost on it: as in a stream, nothing that comes later passes either. */
  torn: boolean;
}

/** A way to a server on which a spec can make weather. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #weather: Weather = {};

  private constructor(
    readonly target: number,
    readonly port: number,
    server: Server,
  ) {
    this.#server = server;
    server.on('connection', (socket) => this.#join(socket));
  }

  static listen(target: number): Promise<TcpProxy> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () =>
        resolve(new TcpProxy(target, (server.address() as AddressInfo).port, server)),
      );
    });
  }

  /** Changes the weather, for connections that are open too. */
  weather(weather: Weather): void {
    this.#weather = weather;
    if (weather.refuse) this.cut();
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    this.#pairs.clear();
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #join(client: Socket): void {
    if (this.#weather.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: '127.0.0.1', port: this.target });
    const pair: Pair = { client, server, subscribed: false, torn: false };
    this.#pairs.add(pair);
    client.on('data', (bytes: Buffer) => {
      pair.subscribed ||= bytes.includes('subscribe');
    });
    this.#pipe(pair, client, server);
    this.#pipe(pair, server, client);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
  }

  /** What comes later never passes what came before, whatever the weather is then. */
  #pipe(pair: Pair, from: Socket, to: Socket): void {
    const queue: Buffer[][] = [];
    const sendFirst = (): void => {
      for (const part of queue.shift() ?? []) if (!to.destroyed) to.write(part);
    };
    let latest = 0;
    from.on('data', (bytes: Buffer) => {
      const { silent, delayMs = 0, sliced } = this.#weather;
      pair.torn ||= silent === true || (silent === 'subscribers' && pair.subscribed);
      if (pair.torn) return;
      queue.push(sliced ? Array.from(bytes, (byte) => Buffer.of(byte)) : [bytes]);
      const now = performance.now();
      latest = Math.max(latest, now + delayMs);
      if (delayMs === 0 && queue.length === 1) sendFirst();
      else setTimeout(sendFirst, latest - now);
    });
  }
}
