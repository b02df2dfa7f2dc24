import { isLive } from '../../domain/incident.ts';
import { incidentMatchers } from '../../domain/silence/incident-silence.ts';
import { parseDuration } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { Act } from '../frame/handlers.ts';
import { refused } from './refused.ts';

/** How long the page of an incident offers to silence it. */
export const silenceSpans: readonly (readonly [value: string, words: string])[] = [
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['24h', '1 day'],
  ['168h', '1 week'],
];

/** `POST /i/ID/silence`: nobody is told of what the incident is about for so long; fields `duration`, `comment`. */
export const silence: Act = async ({ by, fields, params, now }, { reader, silences }) => {
  const given = fields.get('duration') ?? '';
  const ms = silenceSpans.some(([value]) => value === given) ? parseDuration(given) : null;
  if (ms === null) {
    const spans = silenceSpans.map(([value]) => value).join(', ');
    const message = `A silence does not hold for ${oneLine(given, 50) || 'no time'}.`;
    return refused(400, { code: 'NC-HEALTH-013', message, fix: `Choose ${spans}.` });
  }
  const detail = await reader.incident(params['id'] ?? '');
  if (detail === null) return { kind: 'unknown' };
  if (!isLive(detail.incident.status)) {
    const message = `The incident has ended: it is ${detail.incident.status}.`;
    const fix = 'Nothing is told of it any more. When its fault comes back it opens again.';
    return refused(409, { code: 'NC-HEALTH-014', message, fix });
  }
  const matchers = incidentMatchers(detail);
  if (matchers === null) {
    const message = 'The incident is about too many objects for one silence.';
    return refused(409, { code: 'NC-HEALTH-013', message, fix: 'nightcrier silence add takes patterns.' });
  }
  const comment = oneLine(fields.get('comment') ?? '', 500) || `from the page of ${detail.incident.id}`;
  const asked = { matchers, startsAt: now, endsAt: now + ms, author: by, comment, way: 'page' } as const;
  const answer = await silences.addSilence(asked, now);
  if (answer.kind === 'too_many') {
    const message = `There are ${answer.limit} silences that have not ended.`;
    return refused(409, { code: 'NC-HEALTH-016', message, fix: 'End some on the page Silences.' });
  }
  return { kind: 'done', said: `Silenced by ${by} for ${given}: nobody is told until then.` };
};

/** `POST /i/ID/feedback`: whether the answer is right; fields `rating`, `comment`: what was the cause instead. */
export const feedback: Act = async ({ by, fields, params, now }, { feedback: store }) => {
  const rating = fields.get('rating');
  if (rating !== 'right' && rating !== 'wrong') {
    const message = 'An answer is right or wrong.';
    return refused(400, { code: 'NC-HEALTH-003', message, fix: 'Use one of the two buttons.' });
  }
  const comment = oneLine(fields.get('comment') ?? '', 2000);
  const kept = await store.giveFeedback(params['id'] ?? '', { rating, by, comment }, now);
  if (kept === null) return { kind: 'unknown' };
  return { kind: 'done', said: `Thank you: your word that the cause is ${rating} stands below.` };
};
