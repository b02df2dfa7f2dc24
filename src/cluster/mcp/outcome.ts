import { oneLine } from '../../lib/text.ts';

export type Phase = 'initialize' | 'stream' | 'request';
export type NetworkCause = 'refused' | 'reset' | 'unreachable' | 'timeout' | 'dns' | 'tls';

/** What happened to a connection, whatever part noticed it. `detail` is one printable line without secrets. */
export type Outcome =
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly during: Phase;
      readonly detail: string;
      /** What the server asked for by Retry-After, ms. */
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: 'network'; readonly cause: NetworkCause; readonly detail: string }
  | { readonly kind: 'silent' | 'ping_lost' | 'stream_ended' | 'garbage' | 'too_large'; readonly detail: string }
  | { readonly kind: 'protocol_error' | 'tool_absent' | 'subscribe_refused'; readonly detail: string }
  | {
      readonly kind:
        'degraded' | 'sweep_failed' | 'unwatched' | 'wrong_cluster' | 'nightcrier' | 'ca_file' | 'closed' | 'internal';
      readonly detail: string;
    };

/** An error that carries its normalised outcome. */
export class ConnectionFailure extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, options?: ErrorOptions) {
    super(outcome.kind === 'http' ? `HTTP ${outcome.status}: ${outcome.detail}` : outcome.detail, options);
    this.name = 'ConnectionFailure';
    this.outcome = outcome;
  }
}

/** A time limit of a connection passed without an answer. */
export function silentFor(ms: number): ConnectionFailure {
  return new ConnectionFailure({ kind: 'silent', detail: `no answer within ${ms} ms` });
}

/** Normalises whatever was thrown: by us, by node's HTTP, TLS and DNS. */
export function outcomeOf(error: unknown): Outcome {
  for (const one of chain(error)) {
    if (one instanceof ConnectionFailure) return one.outcome;
    const code = textOf(one, 'code');
    const cause = code === '' ? null : networkCause(code);
    const detail = oneLine(`${textOf(one, 'message')}${code === '' ? '' : ` (${code})`}`, 300);
    if (cause) return { kind: 'network', cause, detail };
    if (code.startsWith('HPE_')) return { kind: 'garbage', detail };
  }
  return unknown(error);
}

function unknown(error: unknown): Outcome {
  const detail = oneLine(textOf(error, 'message') || String(error), 300);
  return { kind: textOf(error, 'name') === 'AbortError' ? 'closed' : 'internal', detail };
}

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/;
const causeByCode: Record<string, NetworkCause> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENETDOWN: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  EMFILE: 'unreachable',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ENODATA: 'dns',
};

function networkCause(code: string): NetworkCause | null {
  return causeByCode[code] ?? (tlsCode.test(code) ? 'tls' : null);
}

/** The error, its causes, and what an AggregateError (several addresses of one name) holds; outermost first. */
function chain(error: unknown): unknown[] {
  const found: unknown[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < 16) {
    const one = queue.shift();
    if (one === null || typeof one !== 'object') continue;
    found.push(one);
    const { cause, errors } = one as { cause?: unknown; errors?: unknown };
    if (cause !== undefined) queue.push(cause);
    if (Array.isArray(errors)) queue.push(...errors.slice(0, 4));
  }
  return found;
}

function textOf(value: unknown, key: 'code' | 'message' | 'name'): string {
  if (value === null || typeof value !== 'object') return '';
  const found = (value as Record<string, unknown>)[key];
  return typeof found === 'string' ? found : '';
}

/** Whether a server says that it is one of ours: `serverInfo` of its answer to `initialize`. */
export function isNightcrier(serverInfo: unknown): boolean {
  return (serverInfo as { name?: unknown } | null | undefined)?.name === 'nightcrier';
}
