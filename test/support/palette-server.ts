import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import * as fleet from './palette-fleet.ts';

/** A request as it came. */
export interface RecordedCall {
  /** `METHOD path?query`. */
  readonly asked: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

/** What a request is answered with, once. */
export type PaletteFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Takes the request and never answers. */
  | 'silent'
  /** Begins an answer and never ends it. */
  | 'half'
  /** Takes the request, then cuts the connection. */
  | 'reset';

export const paletteKey = 'palette-key-1f0e9d8c7b6a';
export const paletteProject = 'project-uid-of-the-test';

interface Options {
  /** How the list calls the place of its token: documented in both spellings. */
  readonly listKey?: 'listmeta' | 'listMeta';
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A Palette on 127.0.0.1 that knows the documented requests and nothing else, and writes down what it is asked. */
export class PaletteServer {
  readonly calls: RecordedCall[] = [];
  readonly #options: Options;
  readonly #faults: PaletteFault[] = [];
  readonly #instead = new Map<string, unknown>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(options: Options) {
    this.#options = options;
    const handle: RequestListener = (request, response) => void this.#take(request, response);
    this.#server = options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
    const [connected] = options.tls === undefined ? ['connection'] : ['secureConnection'];
    this.#server.on(connected, (socket: Socket) => this.#sockets.add(socket.on('error', () => {})));
  }

  /** Ends with the test. */
  static async start(options: Options = {}): Promise<PaletteServer> {
    const server = new PaletteServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      for (const socket of server.#sockets) socket.destroy();
      await new Promise((resolve) => server.#server.close(resolve));
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  /** What was asked, in order. */
  get asked(): string[] {
    return this.calls.map(({ asked }) => asked);
  }

  /** The next requests are answered so, in order. */
  failNext(...faults: PaletteFault[]): void {
    this.#faults.push(...faults);
  }

  /** Requests of a path are answered with this from now on. */
  answerWith(path: string, answer: unknown): void {
    this.#instead.set(path, answer);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://palette.test');
    const { headers, method = '' } = request;
    this.calls.push({
      asked: `${method} ${request.url}`,
      body: text === '' ? null : (JSON.parse(text) as unknown),
      headers,
    });
    const fault = this.#faults.shift();
    if (fault === 'silent') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'half') return void response.writeHead(200).write('{"items": [');
    if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const { status, answer } = this.#answer(method, url, headers, text);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(
    method: string,
    url: URL,
    headers: IncomingMessage['headers'],
    text: string,
  ): { status: number; answer: unknown } {
    if (headers['apikey'] !== paletteKey)
      return failed(401, 'InvalidCredentials', `the key ${String(headers['apikey'])} is not valid`);
    const project = headers['projectuid'] ?? paletteProject;
    if (project !== paletteProject)
      return failed(403, 'ProjectAccessDenied', `no access to the project ${String(project)}`);
    const instead = this.#instead.get(url.pathname);
    if (instead !== undefined) return { status: 200, answer: instead };
    if (Number(url.searchParams.get('limit') ?? 50) > 50) return failed(400, 'InvalidLimit', 'limit is at most 50');
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    for (const [route, answer] of routes) {
      const [verb, path = ''] = route.split(' ');
      const match = new RegExp(`^${path.replace('{uid}', '([^/]+)')}$`).exec(url.pathname);
      if (verb !== method || match === null) continue;
      const found = answer({
        uid: match[1] ?? '',
        query: url.searchParams,
        body,
        page: (all) => this.#page(all, url.searchParams),
      });
      return found === null
        ? failed(404, 'ResourceNotFound', 'there is no such thing')
        : { status: 200, answer: found };
    }
    return failed(404, 'RouteNotFound', `${method} ${url.pathname} is not served`);
  }

  #page(all: readonly unknown[], query: URLSearchParams): object {
    const limit = Number(query.get('limit') ?? 50);
    const start = Number(Buffer.from(query.get('continue') ?? '', 'base64').toString() || 0);
    const end = start + limit;
    const next = end < all.length ? Buffer.from(String(end)).toString('base64') : '';
    const meta = { continue: next, count: all.length, limit, offset: start };
    return { items: all.slice(start, end), [this.#options.listKey ?? 'listmeta']: meta };
  }
}

interface Request {
  readonly uid: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly page: (all: readonly unknown[]) => object;
}

const failed = (status: number, code: string, message: string) => ({
  status,
  answer: { code, message, details: null, ref: 'ref-1' },
});
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const clusterNumber = (uid: string): number => range(fleet.clusterCount).find((n) => fleet.clusterUid(n) === uid) ?? 0;
const profileNumber = (uid: string): number =>
  [...range(fleet.profileCount), 901].find((n) => fleet.profileUid(n) === uid) ?? 0;
const ofCluster = (make: (n: number, request: Request) => unknown) => (request: Request) => {
  const n = clusterNumber(request.uid);
  return n === 0 ? null : make(n, request);
};
const ofProfile = (make: (n: number) => unknown) => (request: Request) => {
  const n = profileNumber(request.uid);
  return n === 0 ? null : make(n);
};

const routes: readonly (readonly [route: string, answer: (request: Request) => unknown])[] = [
  ['POST /v1/dashboard/spectroclusters/search', ({ page }) => page(range(fleet.clusterCount).map(fleet.summaryOf))],
  [
    'GET /v1/dashboard/spectroclusters/meta',
    () =>
      range(fleet.clusterCount).map((n) => ({
        metadata: { uid: fleet.clusterUid(n), name: fleet.clusterName(n) },
        spec: {},
        status: {},
      })),
  ],
  ['GET /v1/spectroclusters/{uid}', ofCluster(fleet.clusterOf)],
  ['GET /v1/dashboard/spectroclusters/{uid}', ofCluster(fleet.dashboardOf)],
  [
    'GET /v1/events/components/spectrocluster/{uid}',
    ofCluster((n, { page }) => page(range(fleet.eventCount).map((index) => fleet.eventOf(n, index)))),
  ],
  ['GET /v1/dashboard/spectroclusters/{uid}/cost', ofCluster((n, { query }) => fleet.costOf(n, query))],
  ['GET /v1/spectroclusters/{uid}/rate', ofCluster(fleet.rateOf)],
  ['GET /v1/spectroclusters/{uid}/profiles', ofCluster(fleet.runningOf)],
  ['GET /v1/spectroclusters/{uid}/profileUpdates', ofCluster(fleet.updatesOf)],
  [
    'POST /v1/dashboard/clusterprofiles',
    ({ page, body }) => page(range(fleet.profileCount).map(fleet.profileSummaryOf).filter(profileFilter(body))),
  ],
  ['GET /v1/clusterprofiles/{uid}', ofProfile(fleet.profileOf)],
  ['GET /v1/clusterprofiles/{uid}/packs', ofProfile(fleet.profilePacksOf)],
  [
    'POST /v1/packs/search',
    ({ page, body }) => page(range(fleet.packCount).map(fleet.packOf).filter(packFilter(body))),
  ],
  [
    'POST /v1/clusterprofiles/validate/packs',
    ({ body }) => ({
      packs: {
        results: ((body['packs'] ?? []) as { name: string }[]).map(({ name }) => ({
          name,
          displayName: name,
          errors:
            name === 'kubernetes' ? [{ code: 'PackConstraintFailed', message: 'needs a newer operating system' }] : [],
        })),
      },
    }),
  ],
];

function profileFilter(body: Record<string, unknown>): (profile: ReturnType<typeof fleet.profileSummaryOf>) => boolean {
  const { profileType, scope, profileName } = (body['filter'] ?? {}) as Record<string, unknown> & {
    profileName?: { eq: string };
  };
  return ({ metadata, specSummary }) =>
    (profileType === undefined || (profileType as string[]).includes(specSummary.published.type)) &&
    (scope === undefined || scope === metadata.annotations.scope) &&
    (profileName === undefined || profileName.eq === metadata.name);
}

function packFilter(body: Record<string, unknown>): (pack: ReturnType<typeof fleet.packOf>) => boolean {
  const { layer, name } = (body['filter'] ?? {}) as { layer?: string[]; name?: { contains: string } };
  return ({ spec }) => (layer?.includes(spec.layer) ?? true) && spec.name.includes(name?.contains ?? '');
}
