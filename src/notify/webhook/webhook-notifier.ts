import type { DeliveryClaim } from '../../domain/state-store.ts';
import { webhookGone, webhookRefused, webhookUnreachable } from '../errors.ts';
import { type HttpOptions, HttpPlace } from '../http/place.ts';
import type { Notifier } from '../notifier.ts';
import { signatureHeaders } from '../webhook-signature.ts';
import { webhookCalls } from './events.ts';

export interface WebhookOptions extends HttpOptions {
  readonly key: Buffer;
  readonly publicUrl: string | null;
}

/**
 * Signed calls of a program's address (Standard Webhooks). Any 2xx is delivered; 410 ends it until the next start;
 * redirects are not followed. Whatever else happens the event waits in the outbox and comes again with the same id.
 */
export function webhookNotifier(options: WebhookOptions): Notifier {
  const { clock, key, publicUrl } = options;
  const place = new HttpPlace(options, {
    unreachable: webhookUnreachable,
    refused: webhookRefused,
    gone: webhookGone,
    idempotent: true,
  });
  return {
    target: 'webhook',
    integration: 'webhook',
    pausedUntil: () => place.pausedUntil(),
    problem: () => place.problem(),
    send: async (claim: DeliveryClaim, signal) => {
      for (const { id, body } of webhookCalls(claim, publicUrl)) {
        const undone = await place.send({ headers: signatureHeaders(key, id, clock.now(), body), body }, signal);
        if (undone !== null) return undone;
      }
      return { kind: 'sent', post: null };
    },
  };
}
