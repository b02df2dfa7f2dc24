import { describe, expect, test } from 'vitest';
import type { Silence } from '../../../src/domain/fault.ts';
import type { IncidentAct } from '../../../src/domain/people/incident-act.ts';
import type { Reopening } from '../../../src/domain/people/reopening.ts';
import type { Incident } from '../../../src/domain/records.ts';
import { endedByIncident, untilResolved } from '../../../src/domain/silence/silences.ts';
import { peopleMoments } from '../../../src/report/model/people-moments.ts';
import { answeredIncident, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { reportSample } from '../../support/report-sample.ts';
import { sampleSilence } from '../../support/sample-silence.ts';

const minute = 60_000;
const now = sampleTime + 60 * minute;
const at = (minutes: number): number => sampleTime + minutes * minute;

function act(kind: IncidentAct['kind'], over: Partial<IncidentAct> = {}): IncidentAct {
  const given = { id: 'act_1', incidentId: 'inc_01K9Z3W8Q4', by: 'ana', at: at(5), comment: '' };
  return { ...given, kind, done: true, runId: null, ...over };
}

const reopening: Reopening = {
  at: at(20),
  faultType: 'CrashLoop',
  resource: { kind: 'Pod', namespace: 'payments', name: 'api-1' },
  goesOn: true,
  endReason: 'by ana',
  endedAt: at(5),
};

interface Given {
  readonly incident?: Partial<Incident>;
  readonly acts?: readonly IncidentAct[];
  readonly silences?: readonly Silence[];
}

const wordsOf = ({ incident = {}, acts = [], silences = [] }: Given): string[] =>
  peopleMoments({ incident: answeredIncident(incident), acts }, { feedback: [], silences }, now).map(
    ({ words }) => words,
  );

describe('INT-6, OPS-3: what people did', () => {
  test.each([
    ['ack', 'Acknowledged by ana', 'ana has it in hand too'],
    ['resolve', 'Resolved by ana', 'ana says too that it is over'],
    ['rerun', 'An investigation was asked for by ana', 'ana asked for the same investigation'],
  ] as const)(
    '%s is told with what was said, as before without, and as said where it changed nothing',
    (kind, did, said) => {
      expect(wordsOf({ acts: [act(kind)] })).toEqual([did]);
      expect(wordsOf({ acts: [act(kind, { comment: 'the quota is raised' })] })).toEqual([
        `${did}: the quota is raised`,
      ]);
      expect(wordsOf({ acts: [act(kind, { done: false, comment: 'known' })] })).toEqual([`${said}: known`]);
    },
  );

  test('the end that a person called is the end of the timeline, once; an earlier one is an act', () => {
    const resolved = { status: 'resolved', statusReason: 'by ana', resolvedAt: at(5) } as const;
    const acts = [act('resolve', { comment: 'known' })];
    const kinds = (incident: Partial<Incident>) =>
      reportSample({ detail: { incident: answeredIncident(incident), acts }, kept: { now } }).timeline.filter(
        ({ words }) => words.startsWith('Resolved by ana'),
      );
    expect(kinds(resolved)).toEqual([{ at: at(5), kind: 'end', words: 'Resolved by ana: known' }]);
    expect(kinds({ reopenings: [reopening] })).toMatchObject([{ kind: 'person' }]);
  });

  test('rows of older versions, which kept no acts, are told as before', () => {
    const acknowledged = { by: 'ana', at: at(1), comment: 'on it' };
    const incident = { acknowledged, status: 'resolved', statusReason: 'by ana', resolvedAt: at(5) } as const;
    const runs = [sampleRun({ id: 'run_2', trigger: 'manual', requestedBy: 'bo' }), sampleRun({ trigger: 'reopened' })];
    const { timeline } = reportSample({ detail: { incident: answeredIncident(incident), runs }, kept: { now } });
    const words = timeline.map((moment) => moment.words);
    for (const told of ['Acknowledged by ana: on it', 'Resolved by ana.', 'An investigation was asked for by bo'])
      expect(words.filter((one) => one === told)).toHaveLength(1);
    expect(words).toContain('Reopened: the fault came back');
  });

  test('what is kept twice, as an act and on its row, is told once', () => {
    const acknowledged = { by: 'ana', at: at(1), comment: 'on it' };
    const acts = [act('ack', { at: at(1), comment: 'on it' }), act('rerun', { by: 'bo', runId: 'run_2' })];
    const runs = [
      sampleRun({ id: 'run_2', trigger: 'manual', requestedBy: 'bo' }),
      sampleRun({ id: 'run_3', trigger: 'reopened', createdAt: reopening.at }),
    ];
    const incident = answeredIncident({ acknowledged, reopenings: [reopening] });
    const words = reportSample({ detail: { incident, acts, runs }, kept: { now } }).timeline.map((one) => one.words);
    expect(words.filter((one) => /^Acknowledged|asked for/.test(one))).toHaveLength(2);
    expect(words.filter((one) => /^Reopened|^Opened again/.test(one))).toHaveLength(1);
  });
});

describe('INT-6: an incident that is opened again', () => {
  const goesOn = 'CrashLoop on Pod payments/api-1 goes on';
  test.each([
    ['a person called it over, and said why', {}, 'known', `${goesOn}, and ana had called it over: known`],
    ['a person called it over', {}, '', `${goesOn}, and ana had called it over`],
    [
      'another fault of what a person called over',
      { goesOn: false },
      '',
      'CrashLoop on Pod payments/api-1 was seen, and ana had called it over',
    ],
    ['it had cleared', { goesOn: false, endReason: 'cleared' }, '', 'CrashLoop on Pod payments/api-1 came back'],
  ] as const)('says which fault, and how it had ended: %s', (_, over, comment, words) => {
    const acts = [act('resolve', { comment })];
    const told = wordsOf({ incident: { reopenings: [{ ...reopening, ...over }] }, acts });
    expect(told).toEqual([expect.stringMatching(/^Resolved by ana/), `Opened again: ${words}`]);
  });
});

test.each([
  ['by ana', 'Incident opened: ana had called inc_0 over'],
  ['cleared', 'Incident opened'],
])('INT-6: an incident after one that ended (%s) says who had called that over', (endReason, words) => {
  const previous = { previousId: 'inc_0', previousEnd: { endReason, endedAt: at(-60), goesOn: true } };
  const { timeline } = reportSample({ detail: { incident: answeredIncident(previous) } });
  expect(timeline.map((moment) => moment.words)).toContain(words);
});

describe('OPS-3, INT-3: silences', () => {
  const silence = (over: Partial<Silence> = {}): Silence =>
    sampleSilence({ createdAt: at(1), startsAt: at(1), endsAt: at(120), comment: 'a move', ...over });

  test.each([
    ['cli', ' on the command line'],
    ['api', ' over the API'],
    ['page', ' on the dashboard'],
    ['slack', ' in Slack'],
    [undefined, ''],
  ] as const)('made through %s', (way, words) => {
    expect(wordsOf({ silences: [silence({ ...(way && { way }) })] })).toEqual([
      `Silenced by ana until 2026-11-20 11:00:00 UTC${words}: a move`,
    ]);
  });

  test.each([
    ['that starts later', { startsAt: at(90) }, ' from 2026-11-20 10:30:00 UTC until 2026-11-20 11:00:00 UTC: a move'],
    ['that ends with it', { comment: untilResolved('inc_01K9Z3W8Q4') }, ' until it is resolved'],
    [
      'that ends with another incident',
      { comment: untilResolved('inc_2') },
      ' until 2026-11-20 11:00:00 UTC: until inc_2 is resolved',
    ],
  ])('one %s', (_, over, words) => {
    expect(wordsOf({ silences: [silence(over)] })).toEqual([`Silenced by ana${words}`]);
  });

  test.each([
    ['configuration', 'the configuration'],
    ['ops', 'the configuration (ops)'],
  ])('one of the configuration, whose author is %s', (author, named) => {
    const file = { source: 'file', author, endsAt: null } as const;
    expect(wordsOf({ silences: [silence(file)] })).toEqual([`Silenced by ${named} without an end: a move`]);
    const out = { ...file, endsAt: at(50), endedBy: 'configuration', wasToEndAt: null };
    expect(wordsOf({ silences: [silence(out)] })[1]).toBe(`The silence of ${named} was taken out of it`);
  });

  test.each([
    ['by itself', null, 'ended: its time was over'],
    ['early', 'ben', 'was ended early by ben'],
    ['with its incident', endedByIncident, 'ended with the incident'],
  ])('one that ended %s', (_, endedBy, words) => {
    const wasToEndAt = endedBy === null ? {} : { wasToEndAt: at(120) };
    const told = wordsOf({ silences: [silence({ endsAt: at(30), endedBy, ...wasToEndAt })] });
    expect(told[0]).toContain(`until 2026-11-20 ${endedBy === null ? '09:30:00' : '11:00:00'} UTC`);
    expect(told[1]).toBe(`The silence of ana ${words}`);
  });
});
