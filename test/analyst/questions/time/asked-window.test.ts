import { expect, test } from 'vitest';
import { askedWindow } from '../../../../src/analyst/questions/time/asked-window.ts';
import { strangeTimeIn, withoutTime } from '../../../../src/analyst/questions/time/time-phrase.ts';

// A Friday, 15:30:00 UTC; the first fault came at 14:50.
const now = Date.UTC(2026, 10, 20, 15, 30);
const since = Date.UTC(2026, 10, 20, 14, 50);

/** Both ends, as a clock shows them; of another day with the day. */
function spoken(question: string): string | null {
  const window = askedWindow(question, { now, since });
  const text = (at: number): string => new Date(at).toISOString().replace('2026-11-20T', '').replace(':00.000Z', '');
  return window === null ? null : `${text(window.from)} ${text(window.to)}`;
}

test.each([
  ['what changed in the last hour?', '14:30 15:30'],
  ['changes in the past 2 hours', '13:30 15:30'],
  ['any events in the last 30 min', '15:00 15:30'],
  ['what happened in the last 45m', '14:45 15:30'],
  ['last half hour: who deployed', '15:00 15:30'],
  ['did anything change in the past half an hour', '15:00 15:30'],
  ['what was deployed within the last two hours', '13:30 15:30'],
  ['changes within an hour', '14:30 15:30'],
  ['what changed over the last few hours', '12:30 15:30'],
  ['WHAT CHANGED IN THE LAST 24H', '2026-11-19T15:30 15:30'],
  ['anything deployed in the last week', '2026-11-13T15:30 15:30'],
  ['what changed in the last 1.5h', '14:00 15:30'],
  ['what changed in the last 1h30m', '14:00 15:30'],
  ['what changed in the last hour and a half', '14:00 15:30'],
  ['what changed within the last 1 hour and 15 minutes', '14:15 15:30'],
  ['what changed since an hour ago', '14:30 15:30'],
  ['events since 2 hours ago', '13:30 15:30'],
  ['what changed since a couple of days ago', '2026-11-18T15:30 15:30'],
])('NOT-5: a length before now: %s', (question, window) => {
  expect(spoken(question)).toBe(window);
});

test.each([
  ['what changed since 14:00', '14:00 15:30'],
  ['what changed since 14:00 UTC?', '14:00 15:30'],
  ['events after 2pm', '14:00 15:30'],
  ['changes since 9:15 am', '09:15 15:30'],
  ['what changed since 12 am', '00:00 15:30'],
  ['what changed since noon', '12:00 15:30'],
  ['since midnight, what was deployed', '00:00 15:30'],
  // It has not come yet today.
  ['what changed since 22:00', '2026-11-19T22:00 15:30'],
  ['what changed since yesterday 18:00', '2026-11-19T18:00 15:30'],
  ['what changed since yesterday', '2026-11-19T00:00 15:30'],
  ['what changed since 2026-11-19', '2026-11-19T00:00 15:30'],
  ['what changed since 2026-11-19T14:00Z', '2026-11-19T14:00 15:30'],
  ['what changed since 2026-11-19 at 14:00', '2026-11-19T14:00 15:30'],
  ['what changed between 13:00 and 14:30', '13:00 14:30'],
  ['events from 1pm to 2pm', '13:00 14:00'],
  ['what changed between 23:00 and 01:00', '2026-11-19T23:00 01:00'],
  ['what changed between 13:00 and 23:30', '13:00 15:30'],
  ['what changed between yesterday 13:00 and 14:00', '2026-11-19T13:00 2026-11-19T14:00'],
  ['what changed between 2026-11-18 and 2026-11-19', '2026-11-18T00:00 2026-11-19T00:00'],
  ['what changed between 14:00 and 14:00', '14:00 15:30'],
  ['what changed before 14:00', '2026-11-19T14:00 14:00'],
  // A day after the clock is that of a range.
  ['what changed since 14:00 yesterday', '2026-11-19T14:00 15:30'],
  ['what changed since 14:00 UTC on 2026-11-18?', '2026-11-18T14:00 15:30'],
  ['what changed between 13:00 and 14:00 yesterday', '2026-11-19T13:00 2026-11-19T14:00'],
  ['what changed between 13:00 and 14:00 on 2026-11-18', '2026-11-18T13:00 2026-11-18T14:00'],
  ['what changed before noon yesterday', '2026-11-18T12:00 2026-11-19T12:00'],
  ['what changed since yesterday noon', '2026-11-19T12:00 15:30'],
  // How far a clock is from UTC counts.
  ['what changed since 2026-11-19T14:00:00+02:00', '2026-11-19T12:00 15:30'],
  ['what changed since 2026-11-19T14:00:00.5-0130', '2026-11-19T15:30 15:30'],
  ['what changed since 2026-11-19T14:00-01:00', '2026-11-19T15:00 15:30'],
  ['what changed since 14:00 UTC+2', '12:00 15:30'],
  ['what changed since 01:00+02:00', '2026-11-19T23:00 15:30'],
])('NOT-5: a clock: %s', (question, window) => {
  expect(spoken(question)).toBe(window);
});

test.each([
  ['what changed today', '00:00 15:30'],
  ['did anybody deploy yesterday', '2026-11-19T00:00 00:00'],
  ['what was deployed this morning', '00:00 12:00'],
  ['what changed in the hour before it began', '13:50 14:50'],
  ['what changed in the last 20 minutes before the incident', '14:30 14:50'],
  ['what changed in the hour before the first alert', '13:50 14:50'],
  ['what changed in the 2 hours before this happened', '12:50 14:50'],
  ['what changed in the hour leading up to that?', '13:50 14:50'],
  ['what changed last night', '2026-11-19T18:00 06:00'],
  ['events since last night', '2026-11-19T18:00 15:30'],
  ['what changed this afternoon', '12:00 15:30'],
])('NOT-5: a day, and what came before the first fault: %s', (question, window) => {
  expect(spoken(question)).toBe(window);
});

test.each([
  ['what changed'],
  ['since when'],
  ['how long has it been down'],
  ['what changed before it broke'],
  ['what did the last deploy change'],
  ['show me the last 20 log lines'],
  ['did it restart after 3 minutes'],
  ['what changed since the release'],
  ['port 14:00'],
  ['since 25:00'],
  ['since 2026-99-99'],
  ['since 2027-01-01'],
  ['between 15:00 and 99'],
  ['what changed tonight'],
  // Before something else than the fault, or by a clock, a day or a range that is not read: never another time.
  ['what changed in the hour before the last deploy'],
  ['what changed in the hour before that deploy'],
  ['what changed in the last 1h30m before the release'],
  ['what changed since 14:00 CET'],
  ['what changed since 14:00:30 our time'],
  ['what changed since 2026-11-19 14:00 CET'],
  ['what changed since yesterday at 14:00 EST'],
  ['what changed since 14:00 last Tuesday'],
  ['what changed since 14:00 two days ago'],
  ['events since 13:00-14:00'],
  ['what changed the day before yesterday'],
  ['logs of backup-2026-11-20 and of sync-today'],
  [''],
])('NOT-5: no time is said, or none that was: %j', (question) => {
  expect(spoken(question)).toBeNull();
});

test.each([
  ['what changed in the last hour', null, 'what changed'],
  ['Is DB_HOST changed since 14:00 yesterday?', null, 'Is DB_HOST changed ?'],
  ['what changed in the hour before the last deploy', 'in the hour before', 'what changed the last deploy'],
  ['what changed since 14:00 CET?', 'since 14:00 CET', 'what changed ?'],
  ['what changed on Monday', 'on Monday', 'what changed'],
  ['what changed 2 hours ago', '2 hours ago', 'what changed'],
  ['what changed today at 9:15', 'today at 9:15', 'what changed'],
  ['what changed since 2026-11-19T14:00PST', 'since 2026-11-19T14:00PST', 'what changed'],
  ["what's before it, and what is on 10.0.0.1:80 of backup-2026-11-20", null, null],
])(
  'NOT-5: the words that say a time, and those that do so in no form that is understood: %s',
  (question, strange, rest) => {
    expect([strangeTimeIn(question), withoutTime(question)]).toEqual([strange, rest ?? question]);
  },
);
