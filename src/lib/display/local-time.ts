/*
 * Times as a person at a terminal reads them: of their own zone, always with its offset. Files, rows and JSON stay UTC
 * (`clockTime`). A zone is a parameter: an IANA name, or empty for one of this process that has no name (TZ=UTC-3).
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone of this process: $TZ, else that of the machine. */
export function ownTimeZone(): string {
  // Some values of TZ have no name; its type does not know that.
  const named: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return named ?? '';
}

/** Ms since the epoch → `2026-11-20 10:05:07+01:00`, the form of RFC 3339. */
export function localTime(ms: number, timeZone: string): string {
  const { day, time } = partsOf(ms, timeZone);
  return `${day} ${time}`;
}

const written =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<minute>\d\d:\d\d)(?::(?<second>\d\d)(?:\.\d{1,9})?)?(?<offset>Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * A time as a person writes it → ms since the epoch, whole seconds: a day (its first moment), or a day with a time of day, of
 * the zone where no offset stands behind it. Of an hour that comes twice it is the first; one that is left out is as far
 * behind the change as it was written. Null for what is no time.
 */
export function readTime(text: string, timeZone: string): number | null {
  const { day = '', minute = '00:00', second = '00', offset } = written.exec(text.trim())?.groups ?? {};
  const local = Date.parse(`${day}T${minute}:${second}Z`);
  // Date.parse goes on from the last day of a month to the next one.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(`${day}T${minute}`)) return null;
  if (offset === undefined) return atInZone(local, timeZone);
  const at = Date.parse(`${day}T${minute}:${second}${offset.toUpperCase().replace(/(\d\d):?(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at) ? null : at;
}

/** When a zone shows what UTC shows at `shown`. */
function atInZone(shown: number, timeZone: string): number {
  const dayMs = 86_400_000;
  const before = offsetOf(shown - dayMs, timeZone);
  const offsets = [before, offsetOf(shown + dayMs, timeZone)];
  const fitting = offsets.map((offset) => shown - offset).filter((at) => at + offsetOf(at, timeZone) === shown);
  return fitting.length === 0 ? shown - before : Math.min(...fitting);
}

/** What a zone is ahead of UTC at whole seconds, ms. */
function offsetOf(at: number, timeZone: string): number {
  const { day, time } = partsOf(at, timeZone);
  return Date.parse(`${day}T${time.slice(0, 8)}Z`) - at;
}

/** A text with its times of day and date that say that they are UTC, in a zone. */
export function timesInZone(text: string, timeZone: string): string {
  const utc = /\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z| UTC)\b/g;
  return text.replace(utc, (whole, day: string, time: string) => {
    const ms = Date.parse(`${day}T${time}Z`);
    return Number.isNaN(ms) ? whole : localTime(ms, timeZone);
  });
}

/** The time of the day alone, for lines about now: `10:05:07+01:00`. */
export function localClock(ms: number, timeZone: string): string {
  return partsOf(ms, timeZone).time;
}

function partsOf(ms: number, timeZone: string): { day: string; time: string } {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, timeZoneName = '' } = parts;
  // `GMT+01:00`; of UTC itself `GMT`.
  const offset = timeZoneName.replace('GMT', '').replace('\u2212', '-') || '+00:00';
  return { day: `${year}-${month}-${day}`, time: `${hour}:${minute}:${second}${offset}` };
}

/** Made once for a zone: it costs more than all the rest. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const made = formats.get(timeZone) ?? makeFormat(timeZone);
  formats.set(timeZone, made);
  return made;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    ...(timeZone !== '' && { timeZone }),
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
}
