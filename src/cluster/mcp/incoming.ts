import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Admission, NotificationGate } from '../connection/notification-gate.ts';
import type { TransportListener } from './transport.ts';

/** What an incoming text was. */
export type Taken =
  | { readonly kind: 'message'; readonly message: JSONRPCMessage }
  /** `goOn` is false when no more faults can be taken now. */
  | { readonly kind: 'fault'; readonly goOn: boolean }
  | { readonly kind: 'dropped' | 'invalid' };

/**
 * Sorts one text of a server: faults and errors of subscriptions go to the listener, answers and requests come back as
 * messages for the MCP client, the rest is dropped. Never throws.
 */
export function takeIncoming(text: string, gate: NotificationGate, listener: TransportListener): Taken {
  const admission: Admission = gate.admit(text);
  if (admission === 'throttled') listener.throttled(1);
  if (admission === 'throttled' || admission === 'ignored') return { kind: 'dropped' };
  const message = parseMessage(text);
  if (message === null) return { kind: 'invalid' };
  if (!('method' in message) || 'id' in message) return { kind: 'message', message };
  const params: Record<string, unknown> = message.params ?? {};
  if (message.method !== 'notifications/message') return { kind: 'dropped' };
  if (params['logger'] === 'kubernetes/faults') {
    // One whose head did not say what it is (its keys are in another order) has the same rate.
    if (admission === 'fault' || gate.admitFault()) return { kind: 'fault', goOn: listener.fault(params['data']) };
    listener.throttled(1);
  }
  if (params['logger'] === 'kubernetes/subscription_error') listener.degraded(params['data']);
  return { kind: 'dropped' };
}

/** A JSON-RPC 2.0 message, or null. Looks at what tells its kind; the MCP client checks results by their schema. */
export function parseMessage(text: string): JSONRPCMessage | null {
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
  if (typeof method === 'string') return value as JSONRPCMessage;
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  if (error === undefined) return 'result' in value ? (value as JSONRPCMessage) : null;
  return isError(error) ? (value as JSONRPCMessage) : null;
}

function isError(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { code, message } = error as Record<string, unknown>;
  return typeof code === 'number' && typeof message === 'string';
}
