import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** The server's end of a WebSocket (RFC 6455): texts, pings and the closing; no extensions, no fragments. */
export class WebSocketEnd {
  readonly closed: Promise<void>;
  isOpen = true;
  /** Pings of the other side are answered. */
  answersPings = true;
  readonly #socket: Duplex;
  #received = Buffer.alloc(0);

  /** Answers an upgrade request. */
  constructor(request: IncomingMessage, socket: Duplex, heard: (text: string) => void) {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#socket = socket;
    const ended = Promise.withResolvers<void>();
    this.closed = ended.promise;
    socket.on('close', () => {
      this.isOpen = false;
      ended.resolve();
    });
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (let frame = this.#next(); frame !== null; frame = this.#next()) this.#handle(frame, heard);
    });
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  ping(): void {
    this.#write(opcodes.ping, Buffer.from('ping'));
  }

  close(): void {
    this.#write(opcodes.close, Buffer.from([3, 232]));
  }

  /** Without a word, as a network that breaks. */
  destroy(): void {
    this.#socket.destroy();
  }

  #handle({ opcode, payload }: Frame, heard: (text: string) => void): void {
    if (opcode === opcodes.text) heard(payload.toString());
    else if (opcode === opcodes.ping && this.answersPings) this.#write(opcodes.pong, payload);
    else if (opcode === opcodes.close) {
      if (this.isOpen) this.#write(opcodes.close, payload);
      this.#socket.end();
    }
  }

  #write(opcode: number, payload: Buffer): void {
    if (!this.isOpen || this.#socket.destroyed) return;
    const long = payload.length > 125;
    const head = Buffer.alloc(long ? 4 : 2);
    head[0] = 0x80 | opcode;
    head[1] = long ? 126 : payload.length;
    if (long) head.writeUInt16BE(payload.length, 2);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  /** The next whole frame; those of clients are masked. */
  #next(): Frame | null {
    const data = this.#received;
    if (data.length < 2) return null;
    const short = (data[1] ?? 0) & 0x7f;
    const headLength = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (data.length < headLength + 4) return null;
    const length = short === 127 ? Number(data.readBigUInt64BE(2)) : short === 126 ? data.readUInt16BE(2) : short;
    const end = headLength + 4 + length;
    if (data.length < end) return null;
    const mask = data.subarray(headLength, headLength + 4);
    const payload = Buffer.from(data.subarray(headLength + 4, end)).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    this.#received = data.subarray(end);
    return { opcode: (data[0] ?? 0) & 0x0f, payload: Buffer.from(payload) };
  }
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}
