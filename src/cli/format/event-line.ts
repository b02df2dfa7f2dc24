import { z } from 'zod';
import { localClock } from '../../lib/display/local-time.ts';
import { oneLine } from '../../lib/text.ts';

const text = z.string().nullish().catch(null);

/** The fields that any event of the daemon may have; the rest is for `-o json`. */
const eventSchema = z.object({
  cluster: text,
  at: text,
  id: text,
  incident_id: text,
  status: text,
  source: text,
  title: text,
  cause: text,
  fault_type: text,
  outcome: text,
  trigger: text,
  target: text,
  context: text,
  state: text,
  author: text,
  matchers: z.array(z.string()).nullish().catch(null),
  error: z
    .union([z.string(), z.object({ message: z.string() }).transform(({ message }) => message)])
    .nullish()
    .catch(null),
  resource: z.object({ kind: z.string(), namespace: text, name: z.string() }).nullish().catch(null),
});

interface EventTime {
  readonly now: number;
  readonly timeZone: string;
}

/** One event of the daemon as one line: time, what, where, and what is known of it. */
export function eventLine(event: string, data: unknown, { now, timeZone }: EventTime): string {
  const parsed = eventSchema.safeParse(data);
  const time = localClock(now, timeZone);
  if (!parsed.success) return `${time}  ${event.padEnd(10)}  ${oneLine(JSON.stringify(data) ?? '', 300)}`;
  const { resource, ...fields } = parsed.data;
  const object = resource
    ? `${resource.kind} ${resource.namespace ? `${resource.namespace}/` : ''}${resource.name}`
    : null;
  const said = [
    fields.status ?? (event === 'silence' ? fields.state : null),
    fields.matchers?.join(', '),
    fields.author ? `by ${fields.author}` : null,
    fields.title ?? fields.fault_type,
    fields.title ? null : object,
    fields.outcome,
    fields.source && event === 'connection' ? `by ${fields.source}` : null,
    fields.target ? `to ${fields.target}` : null,
    fields.trigger ? `asked for by ${fields.trigger}` : null,
    fields.cause ? `cause: ${fields.cause}` : null,
    fields.error ? `error: ${fields.error}` : null,
    fields.incident_id ?? (event === 'fault' ? null : fields.id),
  ];
  const parts = said
    .filter((part) => part !== null && part !== undefined && part !== '')
    .map((part) => oneLine(String(part), 200));
  return `${time}  ${event.padEnd(10)}  ${oneLine(fields.cluster ?? '-', 63).padEnd(16)}  ${parts.join(' · ')}`;
}
