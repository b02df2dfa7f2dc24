import type { EvidenceLine } from '../../domain/verdict/findings.ts';
import { utcTime } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { JsonPath } from './json-place.ts';
import { fieldOf, objectName, textFields, timeOf } from './objects.ts';

/** A Kubernetes Event, as far as it is told. */
export interface ToldEvent {
  readonly object: string;
  readonly kind: string;
  readonly reason: string;
  readonly message: string;
  readonly isWarning: boolean;
  readonly count: number;
  /** When it happened last, null when it does not say. */
  readonly at: number | null;
}

/** The event in which a place of a file lies; null when it lies in none. */
export function eventOf(file: string, content: unknown, path: JsonPath): ToldEvent | null {
  if (!file.startsWith('evidence/events/') && fieldOf(content, 'involvedObject') === undefined) return null;
  const [index] = path;
  const event = Array.isArray(content) && typeof index === 'number' ? fieldOf(content, index) : content;
  return readEvent(event);
}

export function readEvent(event: unknown): ToldEvent | null {
  const involved = textFields(fieldOf(event, 'involvedObject') ?? fieldOf(event, 'regarding'));
  const told = textFields(event);
  const [kind, name] = [involved('kind'), involved('name')];
  if (kind === undefined || name === undefined) return null;
  const series = fieldOf(event, 'series');
  const count = Number(fieldOf(series, 'count') ?? fieldOf(event, 'count') ?? 1);
  const times = [fieldOf(series, 'lastObservedTime'), told('lastTimestamp'), told('eventTime')];
  const created = fieldOf(fieldOf(event, 'metadata'), 'creationTimestamp');
  return {
    object: objectName(kind, involved('namespace') ?? null, name),
    kind,
    reason: oneLine(told('reason') ?? '', 100),
    message: oneLine(told('message') ?? told('note') ?? '', 500),
    isWarning: told('type') === 'Warning',
    count: Number.isSafeInteger(count) && count > 0 ? count : 1,
    at: [...times, created].map(timeOf).find((at) => at !== null) ?? null,
  };
}

/** `Event of Pod shop/cart-1: FailedMount: secret "db" not found (5 times, last 2026-11-28 15:11:31 UTC)`. */
export function eventWords(event: ToldEvent): Pick<EvidenceLine, 'object' | 'field' | 'value' | 'words'> {
  const { object, reason, message, count, at } = event;
  const last = at === null ? [] : [`${count > 1 ? 'last ' : ''}${utcTime(at)}`];
  const when = [...(count > 1 ? [`${count} times`] : []), ...last].join(', ');
  const words = `Event of ${object}: ${reason}${message === '' ? '' : `: ${message}`}${when === '' ? '' : ` (${when})`}`;
  return { object, field: 'message', value: message, words };
}
