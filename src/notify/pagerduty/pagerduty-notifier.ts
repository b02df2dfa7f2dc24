import type { DeliveryClaim } from '../../domain/state-store.ts';
import { pagerDutyRefused, pagerDutyUnreachable } from '../errors.ts';
import { type HttpOptions, HttpPlace, type Refusal, type Undone } from '../http/place.ts';
import type { Notifier, SendOutcome } from '../notifier.ts';
import { type PagerDutyCall, pagerDutyCalls, type PagerDutyOptions } from './events.ts';

/**
 * Alerts in PagerDuty. The key of an alert is the incident's id, so nothing that is sent again is another alert. What
 * PagerDuty refuses for its form is sent once more in the least form; what it refuses for the key waits.
 */
export function pagerDutyNotifier(options: HttpOptions & PagerDutyOptions): Notifier {
  const place = new HttpPlace(options, {
    unreachable: pagerDutyUnreachable,
    refused: pagerDutyRefused,
    refusal: readRefusal,
    secrets: [options.routingKey],
    // Twice is one alert; but one that was cut off may stand, and must not be forgotten when its incident ends.
    idempotent: false,
  });
  const deliver = async ({ body, plain }: PagerDutyCall, signal: AbortSignal): Promise<Undone | null> => {
    const undone = await place.send({ body }, signal);
    const isForm = undone?.kind === 'failed' && undone.again === 'never' && body !== plain;
    return isForm ? await place.send({ body: plain }, signal) : undone;
  };
  return {
    target: 'pagerduty',
    integration: 'pagerduty',
    pausedUntil: () => place.pausedUntil(),
    problem: () => place.problem(),
    send: async (claim: DeliveryClaim, signal) => {
      for (const [at, call] of pagerDutyCalls(claim, options).entries()) {
        const undone = await deliver(call, signal);
        if (undone !== null) return at === 0 ? undone : inPart(undone);
      }
      return { kind: 'sent', post: null };
    },
  };
}

/** The alert was taken, and what follows it was not: it stands, and must not be forgotten when its incident ends. */
function inPart(undone: Undone): SendOutcome {
  if (undone.kind === 'deferred')
    return { kind: 'failed', reason: 'other', message: undone.message, again: { at: undone.until }, uncertain: true };
  return undone.again === 'never' ? { kind: 'sent', post: null } : { ...undone, uncertain: true };
}

/**
 * 400 is `{"status", "message", "errors"}`: an event that is not valid, or a key of no integration. The second is mended by
 * a person, and the event waits for that; so it does when somebody else answered.
 */
function readRefusal(status: number, body: string): Refusal {
  const said = sentenceIn(body);
  const isForm = status === 413 || (status === 400 && said !== null);
  return { said, dead: isForm && !/(?:routing|integration|service)[ _]?key/i.test(said ?? '') };
}

function sentenceIn(body: string): string | null {
  try {
    const { message, errors } = JSON.parse(body) as { message?: unknown; errors?: unknown };
    const parts = [message, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
    const words = parts.filter((part) => typeof part === 'string' && part !== '');
    return words.length === 0 ? null : words.join(': ');
  } catch {
    return null;
  }
}
