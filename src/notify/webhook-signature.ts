import { createHmac } from 'node:crypto';

/*
 * Signatures of Standard Webhooks, version 1
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */

/** A secret as Standard Webhooks writes it: 24 to 64 bytes in base64 behind its mark. */
export const secretPattern =
  /^whsec_(?:(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==)?|(?:[A-Za-z0-9+/]{4}){8,20}[A-Za-z0-9+/]{3}=)$/;

/** The key in a secret. @throws Error when it is not one of the form of `secretPattern` */
export function signingKey(secret: string): Buffer {
  if (!secretPattern.test(secret)) throw new Error('not a secret of Standard Webhooks');
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

/** The headers of one attempt. `id` is the event's identity, the same in each attempt; `at` is ms since the epoch. */
export function signatureHeaders(key: Buffer, id: string, at: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
