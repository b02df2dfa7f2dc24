import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import path from 'node:path';
import { generate } from 'selfsigned';
import { freePorts } from './free-ports.ts';
import { type StartedProcess, startProcess } from './started-process.ts';
import { newTempDir } from './temp-dir.ts';
import { waitUntil } from './wait-until.ts';

const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');

/** The Azure Blob service as Microsoft's emulator gives it, a process on 127.0.0.1 with its data in a temporary folder. */
export class Azurite {
  readonly account = 'reports';
  /** A key of this one alone. */
  readonly key = randomBytes(64).toString('base64');
  readonly #port: number;
  readonly #files = newTempDir();
  readonly #tls: { readonly cert: string; readonly key: string } | null;
  #process: StartedProcess | null = null;

  private constructor(port: number, tls: Azurite['tls']) {
    this.#port = port;
    this.#tls = tls;
  }

  /** With `tls` it speaks HTTPS with a certificate of its own and takes tokens of Entra ID. */
  static async start({ tls = false } = {}): Promise<Azurite> {
    const [port] = (await freePorts(1)) as [number];
    const azurite = new Azurite(port, tls ? await certificate() : null);
    await azurite.run();
    return azurite;
  }

  get tls(): { readonly cert: string; readonly key: string } | null {
    return this.#tls;
  }

  /** The port of the service on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    return `${this.#tls === null ? 'http' : 'https'}://127.0.0.1:${this.#port}/${this.account}`;
  }

  get connectionString(): string {
    return `DefaultEndpointsProtocol=http;AccountName=${this.account};AccountKey=${this.key};BlobEndpoint=${this.endpoint};`;
  }

  /** Starts it (again), with the data that it had. */
  async run(): Promise<void> {
    const { dir } = this.#files;
    const args = ['--blobHost', '127.0.0.1', '--blobPort', `${this.#port}`, '--location', dir, '--silent'];
    const offline = ['--disableTelemetry', '--skipApiVersionCheck'];
    const secure = this.#tls === null ? [] : this.#secureArgs(this.#tls);
    const log = path.join(dir, 'azurite.log');
    const accounts = { AZURITE_ACCOUNTS: `${this.account}:${this.key}` };
    this.#process = startProcess(process.execPath, [program, ...args, ...offline, ...secure], log, accounts);
    await waitUntil(() => this.#answers(), 'an answer of azurite', 30_000);
  }

  /** Ends the process; its data stays. */
  async halt(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  async stop(): Promise<void> {
    await this.halt();
    this.#files.remove();
  }

  #answers(): Promise<boolean> {
    if (this.#process?.exited === true) throw new Error(`azurite ended: ${this.#process.output()}`);
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }

  #secureArgs({ cert, key }: { readonly cert: string; readonly key: string }): string[] {
    const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => path.join(this.#files.dir, name)) as [
      string,
      string,
    ];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    return ['--oauth', 'basic', '--cert', certFile, '--key', keyFile];
  }
}

async function certificate(): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
