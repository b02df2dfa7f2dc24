import { spokenDuration, utcTime } from '../lib/format.ts';
import { html } from './html.ts';

/*
 * Times on pages. The title always says UTC; a script may put the reader's own zone first. `data-time` tells it what the
 * text is: an `age` that grows, or a `moment`.
 */

/** `12 min ago`, `in 3 h 5 min`; both in ms since the epoch. */
export function timeTag(ms: number, now: number) {
  return html`<time datetime=${iso(ms)} title=${utcTime(ms)} data-time="age">${ago(ms, now)}</time>`;
}

/** How long something has stood, without "ago": `12 min`. */
export function ageTag(ms: number, now: number) {
  return html`<time datetime=${iso(ms)} title=${`since ${utcTime(ms)}`} data-time="since"
    >${spokenDuration(now - ms)}</time
  >`;
}

/** A moment by the clock: `2026-11-20 09:00:00 UTC`. */
export function momentTag(ms: number) {
  return html`<time datetime=${iso(ms)} title=${utcTime(ms)} data-time="moment">${utcTime(ms)}</time>`;
}

/** How a page says that something happened, or will. */
function ago(ms: number, now: number): string {
  const distance = now - ms;
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${spokenDuration(distance)} ago` : `in ${spokenDuration(-distance)}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
