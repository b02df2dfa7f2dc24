import type { DeliveryClaim } from '../../domain/state-store.ts';
import { teamsRefused, teamsUnreachable } from '../errors.ts';
import { type HttpOptions, HttpPlace, type Refusal } from '../http/place.ts';
import type { Notifier } from '../notifier.ts';
import { teamsBody } from './render.ts';

export interface TeamsOptions extends HttpOptions {
  readonly publicUrl: string | null;
}

/** Teams takes four messages a second. */
const spacingMs = 250;

/**
 * Microsoft Teams by the webhook of a workflow: it can neither edit nor be read back. So what is new of an incident is a
 * message of its own, said once; one that may have arrived before is marked.
 */
export function teamsNotifier(options: TeamsOptions): Notifier {
  const place = new HttpPlace(options, {
    unreachable: teamsUnreachable,
    refused: teamsRefused,
    refusal: readRefusal,
    idempotent: false,
    spacingMs,
  });
  return {
    target: 'teams',
    integration: 'teams',
    pausedUntil: () => place.pausedUntil(),
    problem: () => place.problem(),
    send: async (claim: DeliveryClaim, signal) => {
      const body = teamsBody(claim, options.publicUrl);
      const undone = body === null ? null : await place.send({ body }, signal);
      return undone ?? { kind: 'sent', post: null };
    },
  };
}

/** A workflow that refuses says `{"error": {"code", "message"}}`. Only what is too large is refused for good. */
function readRefusal(status: number, body: string): Refusal {
  return { said: sentenceIn(body), dead: status === 413 };
}

function sentenceIn(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    const words = [error?.code, error?.message].filter((part) => typeof part === 'string' && part !== '');
    return words.length === 0 ? null : words.join(': ');
  } catch {
    return null;
  }
}
