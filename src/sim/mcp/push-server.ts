import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { ClusterState } from '../api/cluster-state.ts';
import type { McpEndpoint } from './mcp-endpoint.ts';
import { handleMcp } from './mcp-http.ts';
import type { PushFault } from './push-fault.ts';
import { PushHub } from './push-hub.ts';
import type { LogLevel } from './push-session.ts';

export interface PushServerOptions {
  /** The server's own name for its cluster, as in its answer to `events_subscribe`. Empty by default. */
  readonly serverCluster?: string;
  /** What the read tools read; an empty cluster by default. */
  readonly reader?: ClusterReader;
  /** Before `events_subscribe` answers; the recorded server took 100 ms. */
  readonly subscribeDelayMs?: number;
  /** Repeats of the same (type, uid, container) within this time are not sent: 15 minutes by default. */
  readonly repeatWindowMs?: number;
  readonly maxSubscriptionsPerSession?: number;
  readonly maxSubscriptions?: number;
  /** False: a server without event subscriptions. */
  readonly events?: boolean;
  /** False: only the older HTTP+SSE transport at /sse is there. */
  readonly streamable?: boolean;
  /** When set, every request must carry `Authorization: Bearer …`. */
  readonly apiKey?: string;
  readonly port?: number;
  readonly clock?: Clock;
}

export interface PushCounts {
  readonly sessions: number;
  readonly streams: number;
  readonly subscriptions: number;
  /** Sessions that a fault would reach: level, stream and a live subscription. */
  readonly listening: number;
  /** HTTP requests since the start. */
  readonly requests: number;
  /** JSON-RPC messages by method, calls of tools by `tools/call NAME`. */
  readonly methods: Readonly<Record<string, number>>;
  readonly delivered: number;
}

/** A kubernetes-mcp-server with event subscriptions, and the hooks with which tests make it fail. */
export interface PushServer {
  /** `http://127.0.0.1:PORT/mcp` */
  readonly endpoint: string;
  /** `http://127.0.0.1:PORT/sse`: the older transport. */
  readonly sseEndpoint: string;
  /** The number of subscriptions that it went to; 0 for a suppressed repeat. */
  emitFault(fault: PushFault): number;
  emitSubscriptionError(error: string): number;
  /** Any data in a notification, for tests of hostile servers. */
  emitRaw(data: unknown, logger?: string, level?: LogLevel): number;
  /** Ends every standing stream: `end` as a server does, `reset` as a broken path does. Returns how many. */
  dropStreams(how?: 'end' | 'reset'): number;
  /** From now on requests are taken and never answered (`false`: answered again). */
  stall(on?: boolean): void;
  /** From now on every request is answered with this status, null ends it. */
  refuse(status: number | null): void;
  /** From now on a stream that its client closed is believed to stand (409 for the next one). */
  keepDeadStreams(on?: boolean): void;
  /** Every session is unknown from now on, as after a restart of the server. */
  forgetSessions(): void;
  counts(): PushCounts;
  /** Stops at once; later connections are refused. */
  close(): Promise<void>;
}

/**
 * Starts a simulated push server on 127.0.0.1. What it sends is byte for byte what the recorded server sent
 * (test/fixtures/wire), but for ids and times.
 */
export async function startPushServer(options: PushServerOptions = {}): Promise<PushServer> {
  const clock = options.clock ?? systemClock;
  const hub = new PushHub({
    serverCluster: options.serverCluster ?? '',
    repeatWindowMs: options.repeatWindowMs ?? 15 * 60_000,
    maxPerSession: options.maxSubscriptionsPerSession ?? 10,
    maxSubscriptions: options.maxSubscriptions ?? 100,
    clock,
  });
  const abort = new AbortController();
  const state = { stalled: false, refused: null as number | null, requests: 0 };
  const endpoint: McpEndpoint = {
    hub,
    reader: options.reader ?? new ClusterState(),
    events: options.events ?? true,
    subscribeDelayMs: options.subscribeDelayMs ?? 100,
    signal: abort.signal,
    apiKey: options.apiKey ?? null,
    methods: new Map(),
    keepDeadStreams: false,
    streamable: options.streamable ?? true,
  };
  const server = createServer((request, response) => {
    state.requests += 1;
    if (state.stalled) request.resume();
    else if (state.refused !== null) refuseWith(state.refused, request, response);
    else void handleMcp(endpoint, request, response);
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...hooks(hub, endpoint, state),
    endpoint: `${url}/mcp`,
    sseEndpoint: `${url}/sse`,
    close: () =>
      new Promise<void>((resolve) => {
        abort.abort(new Error('the server is stopped'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function hooks(
  hub: PushHub,
  endpoint: McpEndpoint,
  state: { stalled: boolean; refused: number | null; requests: number },
): Omit<PushServer, 'endpoint' | 'sseEndpoint' | 'close'> {
  const sessions = () => [...hub.sessions.values()];
  return {
    emitFault: (fault) => hub.emitFault(fault),
    emitSubscriptionError: (error) => hub.emitSubscriptionError(error),
    emitRaw: (data, logger, level) => hub.emitRaw(data, logger, level),
    dropStreams: (how = 'end') => sessions().filter((session) => session.drop(how)).length,
    stall: (on = true) => {
      state.stalled = on;
    },
    refuse: (status) => {
      state.refused = status;
    },
    keepDeadStreams: (on = true) => {
      endpoint.keepDeadStreams = on;
    },
    forgetSessions: () => {
      for (const session of sessions()) hub.end(session);
    },
    counts: () => ({
      sessions: hub.sessions.size,
      streams: sessions().filter((session) => session.hasStream).length,
      subscriptions: hub.subscriptionCount,
      listening: sessions().filter((session) => session.isListening).length,
      requests: state.requests,
      methods: Object.fromEntries(endpoint.methods),
      delivered: hub.delivered,
    }),
  };
}

function refuseWith(status: number, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${status}\n`);
}
