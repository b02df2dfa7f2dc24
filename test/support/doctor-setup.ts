import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import http, { type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { generate } from 'selfsigned';
import type { Cleanups } from '../../src/lib/cleanups.ts';
import { programPath } from './needs.ts';

/** A server on 127.0.0.1 that is closed with `cleanups`; gives its address. */
export async function serve(cleanups: Cleanups, listener: RequestListener, port = 0): Promise<string> {
  return await listen(cleanups, http.createServer(listener), 'http', port);
}

/** The same with a certificate that nobody knows; `ca` is the file that makes it known. */
export async function serveTls(cleanups: Cleanups, listener: RequestListener, dir: string) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const ca = path.join(dir, 'ca.pem');
  writeFileSync(ca, cert);
  return { url: await listen(cleanups, https.createServer({ cert, key }, listener), 'https', 0), ca };
}

/** Passes on to `target` what has the key, everything without one; else 401. */
export function forward(target: string, key: string | null = null): RequestListener {
  const { host } = new URL(target);
  return (incoming, response) => {
    if (key !== null && incoming.headers.authorization !== `Bearer ${key}`) {
      response.writeHead(401).end('who are you?');
      return;
    }
    const { method, headers, url = '' } = incoming;
    // The key is for this server, not for the one behind it.
    const { authorization: _own, ...others } = headers;
    const onward = http.request(`http://${host}${url}`, { method, headers: { ...others, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };
}

/** A kubeconfig of one context `test`, for its owner alone. */
export function writeKubeconfig(file: string, server: string, ca: string, user: object): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
}

/** A token that says that it ended in 2023. */
export function endedToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ exp: 1_700_000_000 })}.c2lnbmF0dXJl`;
}

/** A folder for PATH with only these programs of ours. */
export function folderOf(dir: string, ...programs: readonly string[]): string {
  const folder = path.join(dir, `bin-${programs.join('-')}`);
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    const found = programPath(program);
    if (found !== null) symlinkSync(found, path.join(folder, program));
  }
  chmodSync(folder, 0o755);
  return folder;
}

async function listen(cleanups: Cleanups, server: Server, scheme: string, port: number): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanups.add(`${scheme} server`, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
