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
