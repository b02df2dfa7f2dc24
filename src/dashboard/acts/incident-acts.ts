import type { IncidentOrder } from '../../domain/incident.ts';
import type { Incident } from '../../domain/records.ts';
import { oneLine } from '../../lib/text.ts';
import type { Act } from '../frame/handlers.ts';
import { refused } from './refused.ts';

/** `POST /i/ID/ack`: somebody has it in hand; field `comment`. */
export const acknowledge: Act = orderAct('ack', ({ acknowledged }, by) =>
  acknowledged && acknowledged.by !== by
    ? `${acknowledged.by} has it in hand already.`
    : 'You have it in hand: your name stands beside it.',
);

/** `POST /i/ID/resolve`: somebody says that it is over. */
export const resolve: Act = orderAct(
  'resolve',
  () => 'Resolved. Nobody is told of its faults again until they have cleared.',
);

/** `POST /i/ID/rerun`: another investigation. */
export const rerun: Act = orderAct('rerun', () => 'It is investigated again.');

function orderAct(kind: IncidentOrder['kind'], said: (incident: Incident, by: string) => string): Act {
  return async ({ by, fields, params, now }, { orders }) => {
    const order = { kind, by, comment: oneLine(fields.get('comment') ?? '', 500) };
    const answer = await orders.orderIncident(params['id'] ?? '', order, now);
    if (answer.kind === 'unknown') return { kind: 'unknown' };
    if (answer.kind === 'done') return { kind: 'done', said: said(answer.incident, by) };
    const message = `The incident has ended: it is ${answer.incident.status}.`;
    const fix = 'Its page shows how it ended. When its fault comes back it opens again.';
    return refused(409, { code: 'NC-HEALTH-014', message, fix });
  };
}
