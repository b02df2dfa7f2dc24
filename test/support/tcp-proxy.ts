import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can go on holding its connections without carrying anything: a path that drops packets silently. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing is carried either way, and nobody is told. New connections are accepted and lead nowhere. */
  halfOpen(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let broken = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => (broken ? undefined : to.write(chunk)));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!broken) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    halfOpen: () => {
      broken = true;
    },
    heal: () => {
      broken = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
