import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** An HTTP server in this process whose every answer the test writes; ends with the test. Gives its address. */
export async function scriptedHttp(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  return await listening(createServer(handle));
}

/** The same a layer deeper: what is written to the socket when a request has come is all that there is. */
export async function scriptedTcp(answer: (socket: Socket) => void): Promise<string> {
  return await listening(createTcpServer((socket) => void socket.on('data', () => answer(socket))));
}

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

/** Every byte of a text in a write of its own, so that each cut falls once between two reads at least. */
export async function writeByBytes(response: ServerResponse, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    response.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
