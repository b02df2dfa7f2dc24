/** A request or a notification of JSON-RPC 2.0. */
export interface RpcCall {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The answer to a request. */
export interface RpcAnswer {
  readonly jsonrpc: '2.0';
  readonly id: string | number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export type RpcMessage = RpcCall | RpcAnswer;

/** What a text of a server was. */
export type Taken =
  | { readonly kind: 'message'; readonly message: RpcMessage }
  /** `goOn` is false when no more faults can be taken now: the stream is held. */
  | { readonly kind: 'fault'; readonly goOn: boolean }
  /** The server says that a subscription delivers nothing any more. */
  | { readonly kind: 'degraded'; readonly detail: string }
  | { readonly kind: 'dropped' | 'invalid' };

/** Where the texts of a server go first: faults stay there, answers and requests come back. Nothing of it throws. */
export interface Inlet {
  take(text: string): Taken;
  /** A message that cannot be used. */
  invalid(reason: string, excerpt: string): void;
}

/** A JSON-RPC notification names its method within so many characters (an answer has `id` and `result` there). */
const headLength = 160;

/** Where a message says what it is. */
export function headOf(text: string): string {
  return text.slice(0, headLength);
}

/** Whether a text begins like a notification: they have the small limit, answers the large one. */
export function isNotification(text: string): boolean {
  return /"method"\s*:\s*"notifications\//.test(headOf(text));
}

/** A JSON-RPC 2.0 message, or null. Looks at what tells its kind; whoever asked looks at the result. */
export function parseMessage(text: string): RpcMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { jsonrpc, method, id, params, error } = value as Record<string, unknown>;
  if (jsonrpc !== '2.0') return null;
  if (params !== undefined && (params === null || typeof params !== 'object')) return null;
  if (typeof method === 'string') return value as RpcCall;
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  if (error === undefined) return 'result' in value ? (value as RpcAnswer) : null;
  return isError(error) ? (value as RpcAnswer) : null;
}

function isError(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { code, message } = error as Record<string, unknown>;
  return typeof code === 'number' && typeof message === 'string';
}
