import { expect, test } from 'vitest';
import type { Silence } from '../../../../src/domain/fault.ts';
import { peopleNotes } from '../../../../src/notify/slack/actions/people-notes.ts';
import { untilResolved } from '../../../../src/domain/silence/silences.ts';
import { sampleFault, sampleIncident, sampleTime } from '../../../support/incident-samples.ts';
import { sampleSilence } from '../../../support/sample-silence.ts';

const incident = sampleIncident();
const fault = sampleFault({ id: 1 });
const other = sampleFault({ id: 2, resource: { ...fault.resource, name: 'other-0' } });
const hour = 3_600_000;

const on = (name: string, change: Partial<Silence> = {}): Silence =>
  sampleSilence({
    matchers: [{ name: 'name', operator: '=', value: name }],
    startsAt: sampleTime,
    endsAt: sampleTime + hour,
    ...change,
  });

const noted = async (silences: readonly Silence[], faults = [fault], at = sampleTime + 1) =>
  (await peopleNotes({ silences: async () => silences, feedback: async () => [], now: () => at })({ incident, faults }))
    .silence;

test('UX-15: a silence stands on the message while it keeps all that stands from being told', async () => {
  const { name } = fault.resource;
  expect(await noted([on(name)])).toEqual({ by: 'ana', at: sampleTime, until: sampleTime + hour });
  expect(await noted([on(name)], [fault], sampleTime + 2 * hour)).toBeNull();
  expect(await noted([on('something-else')])).toBeNull();
  expect(await noted([on(name)], [fault, other])).toBeNull();
  expect(await noted([on(name)], [fault, { ...other, clearedAt: sampleTime }])).not.toBeNull();
});

test('UX-15: of several silences the end of what is told first; one that ends with the incident says no time', async () => {
  const { name } = fault.resource;
  const both = [on(name), on('other-0', { author: 'bo', endsAt: sampleTime + 60_000 })];
  expect(await noted(both, [fault, other])).toMatchObject({ by: 'bo', until: sampleTime + 60_000 });
  expect(await noted([on(name, { comment: untilResolved(incident.id) })])).toMatchObject({ until: null });
  expect(await noted([on(name, { comment: untilResolved('inc_other') })])).toMatchObject({ until: sampleTime + hour });
});

test('UX-15: what people said of the answer comes along', async () => {
  const said = { rating: 'wrong', by: 'ana', at: sampleTime, comment: 'the proxy' } as const;
  const notes = peopleNotes({
    silences: async () => [],
    feedback: async (id) => (id === incident.id ? [said] : []),
    now: () => sampleTime,
  });
  expect(await notes({ incident, faults: [fault] })).toEqual({ silence: null, feedback: [said] });
});
