import { HttpExchange } from './http-exchange.ts';
import { waitUntil } from './wait-until.ts';

export interface PushedFault {
  readonly faultId: string;
  readonly faultType: string;
  readonly severity: string;
  readonly resource: {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
  };
  readonly context: string;
}

export interface PushListener {
  /** Grows as they come. */
  readonly faults: PushedFault[];
  /** The text of a tool's answer. */
  callTool(name: string, args: object): Promise<string>;
  close(): void;
}

/** A session with a push server that is subscribed to faults, by bare HTTP. */
export async function listenTo(endpoint: string): Promise<PushListener> {
  const json = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const post = async (method: string, params: object, headers: Record<string, string>): Promise<HttpExchange> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const exchange = await HttpExchange.open(endpoint, 'POST', headers, body);
    await waitUntil(() => exchange.ended, `answer to ${method}`);
    return exchange;
  };
  const opened = await post('initialize', { protocolVersion: '2025-11-25' }, json);
  const headers = { ...json, 'mcp-session-id': opened.headers['mcp-session-id'] ?? '' };
  const stream = await HttpExchange.open(endpoint, 'GET', { ...headers, accept: 'text/event-stream' });
  await post('logging/setLevel', { level: 'info' }, headers);
  await post('tools/call', { name: 'events_subscribe', arguments: { mode: 'faults' } }, headers);
  return {
    get faults() {
      return stream.body
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => JSON.parse(line.slice('data: '.length)).params.data as PushedFault);
    },
    callTool: async (name, args) => {
      const answer = await post('tools/call', { name, arguments: args }, headers);
      return JSON.parse(answer.body.split('data: ')[1] ?? '{}').result.content[0].text;
    },
    close: () => stream.abort(),
  };
}
