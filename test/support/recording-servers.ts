import { createServer as createHttpServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, isIP, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';

/** What arrived with a request: who asked, and under which name the server was called. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  /** Authorization and impersonation, in lower case; several of one name by ` | `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Common name of the client certificate. */
  readonly certificate: string | null;
  /** Server name of the TLS handshake. */
  readonly serverName: string | null;
}

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface RecordingServer<T> {
  readonly url: string;
  readonly port: number;
  /** Empty for one without TLS. */
  readonly ca: string;
  /** What has arrived since it was last asked. */
  take(): T[];
  close(): Promise<void>;
}

/** A certificate for a name, good for 127.0.0.1 and *.example too. */
export async function identityOf(name: string): Promise<Identity> {
  const altNames = [
    { type: 7 as const, ip: '127.0.0.1' },
    { type: 2 as const, value: 'localhost' },
    { type: 2 as const, value: 'kube.corp.example' },
    { type: 2 as const, value: 'named.example' },
  ];
  const made = await generate([{ name: 'commonName', value: name }], {
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert: made.cert, key: made.private };
}

/** An API server on 127.0.0.1 that has one ConfigMap `m` and writes down who asks for it. `answers` gives the status. */
export async function startRecordingApi(
  own: Identity | null,
  answers: (arrived: Arrived) => number = () => 200,
): Promise<RecordingServer<Arrived>> {
  const seen: Arrived[] = [];
  const answer: RequestListener = (incoming, outgoing) => {
    const arrived = arrivedWith(incoming);
    seen.push(arrived);
    outgoing.writeHead(answers(arrived), { 'content-type': 'application/json' });
    outgoing.end('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"}}');
  };
  const tls = { ...own, requestCert: true, rejectUnauthorized: false };
  const server = own === null ? createHttpServer(answer) : createHttpsServer(tls, answer);
  return listening(server, own === null ? 'http' : 'https', own?.cert ?? '', seen);
}

/** An HTTP proxy that leads every name to 127.0.0.1 and writes down `METHOD target authorization`. */
export async function startRecordingProxy(own: Identity | null): Promise<RecordingServer<string>> {
  const seen: string[] = [];
  const note = (incoming: IncomingMessage): void => {
    seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`.trim());
  };
  const forward: RequestListener = (incoming, outgoing) => {
    note(incoming);
    const target = new URL(incoming.url ?? '');
    const { authorization } = incoming.headers;
    const headers = authorization === undefined ? {} : { authorization };
    const forwarded = request(`http://127.0.0.1:${target.port}${target.pathname}`, { headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end();
  };
  const server = own === null ? createHttpServer(forward) : createHttpsServer(own, forward);
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    tunnel(socket, Number(incoming.url?.split(':').at(-1)), 'HTTP/1.1 200 Connection established\r\n\r\n');
  });
  return listening(server, own === null ? 'http' : 'https', own?.cert ?? '', seen);
}

/** A SOCKS5 proxy (RFC 1928) that asks for no password, leads every name to 127.0.0.1 and writes down `SOCKS host:port`. */
export async function startSocksProxy(): Promise<RecordingServer<string>> {
  const seen: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (asked: Buffer) => {
        const host =
          asked[3] === 3 ? asked.subarray(5, 5 + (asked[4] ?? 0)).toString() : [...asked.subarray(4, 8)].join('.');
        const port = asked.readUInt16BE(asked.length - 2);
        seen.push(`SOCKS ${host}:${port}`);
        tunnel(socket, port, Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      });
    });
  });
  return listening(server, 'socks5', '', seen);
}

function arrivedWith(incoming: IncomingMessage): Arrived {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    if (name === 'authorization' || name.startsWith('impersonate-')) headers[name] = (values ?? []).join(' | ');
  }
  const socket = incoming.socket instanceof TLSSocket ? incoming.socket : null;
  const subject = socket?.getPeerCertificate().subject as { CN?: string } | undefined;
  // Node gives false for a handshake that named no server; an address is no name (RFC 6066), and no server heeds one.
  const named = (socket as { servername?: string | false } | null)?.servername || null;
  const serverName = named !== null && isIP(named) === 0 ? named : null;
  const { method = '', url = '' } = incoming;
  return { method, path: url, headers, certificate: subject?.CN ?? null, serverName };
}

function tunnel(socket: Socket, port: number, hello: string | Buffer): void {
  const upstream = connect(port, '127.0.0.1', () => {
    socket.write(hello);
    upstream.pipe(socket).pipe(upstream);
  });
  for (const one of [socket, upstream]) one.on('error', () => (socket.destroy(), upstream.destroy()));
  socket.on('close', () => upstream.destroy());
}

async function listening<T>(server: Server, scheme: string, ca: string, seen: T[]): Promise<RecordingServer<T>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    ca,
    take: () => seen.splice(0),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
