import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { ClusterState } from './cluster-state.ts';
import { discoveryDocument } from './kube-discovery.ts';
import { answerResource, type KubeAnswer, type KubeRequest } from './kube-request.ts';
import { knownTypes } from './known-types.ts';
import { type AccessRule, noSuchPath, readOnlyAccess, StatusError } from './kube-status.ts';
import { yamlText } from './yaml-text.ts';

export interface KubeApiOptions {
  /** Name of cluster, user and context in the kubeconfig. */
  readonly name?: string;
  /** When set, every request must carry it. kubectl sends a token over TLS only. */
  readonly token?: string;
  /** PEM; without it the server speaks plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** What the credential may do; also answers SelfSubjectAccessReviews. Reading all but Secrets by default. */
  readonly access?: AccessRule;
  readonly clock?: Clock;
}

export interface KubeApi {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The text of a kubeconfig for this server. */
  readonly kubeconfig: string;
  /** Requests since the start: all, and by `METHOD /path`, discovery included. */
  counts(): { readonly total: number; readonly byPath: Readonly<Record<string, number>> };
  /** From now on every request gets this status, null ends it. */
  refuse(status: number | null): void;
  /** Changes what the credential may do. */
  setAccess(access: AccessRule): void;
  close(): Promise<void>;
}

const maxBodyBytes = 1024 * 1024;
const maxCountedPaths = 10_000;

/** A small read-only Kubernetes API on 127.0.0.1 over the state of a simulated cluster; kubectl can talk to it. */
export async function startKubeApi(state: ClusterState, options: KubeApiOptions = {}): Promise<KubeApi> {
  const clock = options.clock ?? systemClock;
  const name = options.name ?? 'simulated';
  const settings = { access: options.access ?? readOnlyAccess, refused: null as number | null };
  const byPath = new Map<string, number>();
  let total = 0;
  const answer = (request: IncomingMessage, body: Buffer): KubeAnswer => {
    if (settings.refused !== null) throw new StatusError(settings.refused, 'Unknown', 'the server is made to fail');
    authenticate(request, options.token);
    const kubeRequest = requestOf(request, body);
    const document = discovery(state, kubeRequest);
    if (document) return { code: 200, body: document };
    return answerResource({ state, access: settings.access, user: name, now: clock.now() }, kubeRequest);
  };
  const listener: RequestListener = (request, response) => {
    total += 1;
    const key = `${request.method} ${request.url?.split('?')[0]}`;
    if (byPath.has(key) || byPath.size < maxCountedPaths) byPath.set(key, (byPath.get(key) ?? 0) + 1);
    readBody(request, (body) =>
      send(
        response,
        safely(() => answer(request, body)),
      ),
    );
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  await listen(server);
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    kubeconfig: kubeconfigText(name, url, options),
    counts: () => ({ total, byPath: Object.fromEntries(byPath) }),
    refuse: (status) => {
      settings.refused = status;
    },
    setAccess: (access) => {
      settings.access = access;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

/** Calls `done` once with the body, cut at the limit: it is only read to be parsed or refused. */
function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
  });
  request.on('error', () => {});
  request.on('end', () => done(Buffer.concat(chunks)));
}

function requestOf(request: IncomingMessage, body: Buffer): KubeRequest {
  const url = new URL(request.url ?? '/', 'http://cluster');
  const path = url.pathname.replace(/(.)\/$/, '$1');
  return { method: request.method ?? 'GET', path, query: url.searchParams, accept: request.headers.accept ?? '', body };
}

function authenticate(request: IncomingMessage, token: string | undefined): void {
  if (token === undefined || request.headers.authorization === `Bearer ${token}`) return;
  throw new StatusError(401, 'Unauthorized', 'Unauthorized');
}

function discovery(state: ClusterState, request: KubeRequest): object | string | null {
  if (request.method !== 'GET') return null;
  if (['/healthz', '/livez', '/readyz'].includes(request.path)) return 'ok';
  const document = discoveryDocument(request.path, knownTypes(state));
  if (document) return document;
  if (/^\/(api|apis)\/[^/]+(\/[^/]+)?\/./.test(request.path)) return null;
  throw noSuchPath();
}

function safely(answer: () => KubeAnswer): KubeAnswer {
  try {
    return answer();
  } catch (error) {
    const status = error instanceof StatusError ? error : new StatusError(500, 'InternalError', String(error));
    return { code: status.code, body: status.body };
  }
}

function send(response: ServerResponse, { code, body }: KubeAnswer): void {
  const isText = typeof body === 'string';
  response.writeHead(code, { 'content-type': isText ? 'text/plain' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}

function kubeconfigText(name: string, url: string, { token, tls }: KubeApiOptions): string {
  const ca = tls && { 'certificate-authority-data': Buffer.from(tls.cert).toString('base64') };
  return yamlText({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, ...ca } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
