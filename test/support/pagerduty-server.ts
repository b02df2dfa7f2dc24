import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PagerDutyAlert {
  readonly key: string;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  /** As the last trigger said. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly triggers: number;
}

type Json = Record<string, unknown>;

/**
 * A local server that takes events as PagerDuty's Events API v2 says: alerts by their key, its limits and its refusals.
 * Written from the documentation and apart from what sends.
 */
export class PagerDutyServer {
  readonly routingKey = 'R0123456789abcdefghijklmnopqrstu';
  /** Alerts in the order in which they were triggered; one that ended is another when it is triggered again. */
  readonly alerts: PagerDutyAlert[] = [];
  readonly actions: string[] = [];
  readonly refused: string[] = [];
  largest = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<PagerDutyServer> {
    const server = new PagerDutyServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    this.largest = Math.max(this.largest, bytes.length);
    const errors = request.url === '/v2/enqueue' ? this.#errorsOf(bytes) : [`no such path ${request.url}`];
    this.refused.push(...errors);
    const answer =
      errors.length === 0
        ? { status: 'success', message: 'Event processed' }
        : { status: 'invalid event', message: 'Event object is invalid', errors };
    response.writeHead(errors.length === 0 ? 202 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }

  #errorsOf(bytes: Buffer): string[] {
    if (bytes.length > 512 * 1024) return ['the event is larger than 512 KB'];
    const event = JSON.parse(bytes.toString()) as Json;
    const errors = [...eventErrors(event)];
    if (event['routing_key'] !== this.routingKey) errors.push('Invalid routing key');
    if (errors.length === 0) this.#apply(event);
    return errors;
  }

  #apply(event: Json): void {
    const action = String(event['event_action']);
    const key = String(event['dedup_key']);
    this.actions.push(action);
    const index = this.alerts.findIndex((alert) => alert.key === key && alert.status !== 'resolved');
    const alert = this.alerts[index];
    if (action === 'trigger') {
      const payload = event['payload'] as Json;
      if (alert === undefined) this.alerts.push({ key, status: 'triggered', payload, triggers: 1 });
      else this.alerts[index] = { ...alert, payload, triggers: alert.triggers + 1 };
    } else if (alert !== undefined) {
      this.alerts[index] = { ...alert, status: action === 'resolve' ? 'resolved' : 'acknowledged' };
    }
  }
}

const severities = ['critical', 'error', 'warning', 'info'];

function* eventErrors(event: Json): Generator<string> {
  const { event_action: action, dedup_key: key, payload, links, client_url: url } = event;
  if (!['trigger', 'acknowledge', 'resolve'].includes(String(action))) yield `'event_action' is ${String(action)}`;
  if (typeof key !== 'string' || key === '' || key.length > 255) yield `'dedup_key' has not 1 to 255 characters`;
  if (action === 'trigger') yield* payloadErrors((payload ?? {}) as Json);
  for (const link of (links ?? []) as Json[]) if (!isAddress(link['href'])) yield `'links' has no address`;
  if (url !== undefined && !isAddress(url)) yield `'client_url' is no address`;
  if (!JSON.stringify(event).isWellFormed() || /\\ud[89a-f]/i.test(JSON.stringify(event))) yield 'half a character';
}

function* payloadErrors(payload: Json): Generator<string> {
  const { summary, source, severity, timestamp } = payload;
  if (typeof summary !== 'string' || summary.trim() === '') yield `'summary' is missing or blank`;
  else if (summary.length > 1024) yield `'summary' is longer than 1024 characters`;
  if (typeof source !== 'string' || source.trim() === '') yield `'source' is missing or blank`;
  if (!severities.includes(String(severity))) yield `'severity' is ${String(severity)}`;
  if (timestamp !== undefined && !(typeof timestamp === 'string' && Date.parse(timestamp) > 0))
    yield `'timestamp' is no time`;
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[^\s]+$/.test(value);
}
