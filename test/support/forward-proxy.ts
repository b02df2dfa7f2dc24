import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ForwardProxy {
  readonly url: string;
  /** `METHOD target` of each request, `CONNECT host:port` of each tunnel. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** An HTTP proxy on 127.0.0.1 that knows names under .test as this machine: forwards absolute URLs, opens tunnels on CONNECT, writes down both. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url ?? '');
    seen.push(`${incoming.method} ${target.origin}`);
    const options = { method: incoming.method ?? 'GET', headers: incoming.headers };
    target.hostname = addressOf(target.hostname);
    const forwarded = httpRequest(target, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      // A stream that says nothing yet has its head all the same.
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.on('connect', (incoming, socket: Socket, head: Buffer) => {
    seen.push(`CONNECT ${incoming.url}`);
    const [host = '', port = ''] = (incoming.url ?? '').split(':');
    const upstream = connect(Number(port), addressOf(host), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) one.on('error', () => (socket.destroy(), upstream.destroy()));
    sockets.add(upstream);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** This machine itself is never behind a proxy, so that tests give it another name. */
function addressOf(host: string): string {
  return host.endsWith('.test') ? '127.0.0.1' : host;
}
