import { describe, expect, test } from 'vitest';
import { html, renderPart } from '../../../src/html/html.ts';
import { glancePart } from '../../../src/report/page/glance.ts';
import { incidentSections, sectionList } from '../../../src/report/page/incident-sections.ts';
import type { IncidentReport } from '../../../src/report/model/incident-report.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleRun,
  sampleResult,
  sampleTime,
  sampleUsage,
} from '../../support/incident-samples.ts';
import { reportSample, sampleLog, verdictSample } from '../../support/report-sample.ts';
import { sampleView, stormClaim } from '../../support/storm-sample.ts';

const options = {
  file: (path: string) => `files/${path}`,
  incident: (id: string) => `/i/${id}`,
  command: (command: string) => html`<pre>${command}</pre>`,
};

const sectionsOf = (report: IncidentReport) =>
  new Map(incidentSections(report, options).map(({ id, view }) => [id, renderPart(view)]));
const glanceOf = (report: IncidentReport) => renderPart(glancePart(report, { command: options.command, takeIt: null }));
const wordsOf = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('UX-21: what is clear at a glance', () => {
  test('why, since when, how often, what to do and who has it', () => {
    const acknowledged = { by: 'ana', at: sampleTime + 120_000, comment: 'on it' };
    const report = reportSample({
      detail: { incident: answeredIncident({ acknowledged, reopened: 1 }), faults: [sampleFault({ count: 4 })] },
      history: { sameObject: [sampleIncident({ id: 'inc_0', openedAt: sampleTime - 7_200_000 })] },
    });
    const words = wordsOf(glanceOf(report));
    expect(words).toContain('Rollout 41 dropped the variable DB_URL');
    expect(words).toContain('The evidence shows it directly.');
    expect(words).toContain('2026-11-20 09:00:00 UTC , for 3 min');
    expect(words).toContain(
      'Reported 4 times, reopened 1 time, 1 earlier incident of this object, the last 2 h before.',
    );
    expect(words).toContain('kubectl --context prod-eu -n payments rollout undo deployment/api');
    expect(words).toContain('To undo: kubectl --context prod-eu');
    expect(words).toMatch(/ana , 1 min ago : on it/);
    expect(words).toContain('Found by the built-in rules.');
  });

  test('a confidence that is not sure says so in a sentence', () => {
    const [cause] = verdictSample().causes;
    const report = reportSample({ verdict: verdictSample({ causes: [{ ...cause!, confidence: 'low' }] }) });
    expect(glanceOf(report)).toContain('A lead, not sure: look at it first, and do not rely on it.');
  });

  test.each([
    ['cleared', 'The fault is gone: nothing of it was found any more.'],
    ['by ana', 'Resolved by ana.'],
    ['no_fault', 'A person asked, and what was read shows that nothing is wrong.'],
  ])('after the end (%s) it says how it ended, after how long, and nothing more to do', (statusReason, words) => {
    const ended = answeredIncident({ status: 'resolved', statusReason, resolvedAt: sampleTime + 60_000 });
    const shown = wordsOf(glanceOf(reportSample({ detail: { incident: ended } })));
    expect(shown).toContain(words);
    expect(shown).toContain('for 1 min');
    expect(shown).toContain('2 min ago');
    expect(shown).not.toContain('What to do');
  });

  test('what is kept beside the report is shown where the report cannot be read', () => {
    const words = wordsOf(glanceOf(reportSample({ verdict: null })));
    expect(words).toContain(answeredIncident().cause);
    expect(words).toContain('Found by the built-in rules.');
    expect(words).toContain('kubectl -n payments rollout undo deploy/api');
    expect(words).not.toContain('Wait for the answer.');
    const silent = sampleRun({ result: sampleResult({ summary: null }) });
    const without = glanceOf(reportSample({ verdict: null, detail: { runs: [silent] } }));
    expect(without).toContain('Nothing is proposed.');
  });

  test('before an answer it says what it waits for', () => {
    const incident = sampleIncident({ status: 'investigating' });
    const shown = wordsOf(glanceOf(reportSample({ detail: { incident, runs: [] }, verdict: null })));
    expect(shown).toContain('An investigation is going on.');
    expect(shown).toContain('Wait for the answer.');
    expect(shown).toContain('Nobody yet.');
  });
});

describe('UX-21: what stands below', () => {
  test('the most telling first, files last; the line of the log in its place with its file', () => {
    const found = sectionsOf(reportSample());
    expect([...found.keys()]).toEqual(['evidence', 'steps', 'timeline', 'graph', 'runs', 'files']);
    expect(found.get('evidence')).toContain(`href="files/${sampleLog}"`);
    expect(found.get('evidence')).toMatch(/<mark>.*fatal: DB_URL is required/s);
    expect(found.get('steps')).toContain('set env deployment/api --list');
    expect(found.get('steps')).not.toContain('rollout undo deployment/api');
    expect(found.get('files')).toContain('Log of container api of Pod payments/api-7c4-x1');
  });

  test('the graph says in words what it draws', () => {
    const graph = sectionsOf(reportSample()).get('graph') ?? '';
    expect(graph).toContain('role="img"');
    expect(graph).toContain('cause: Deployment payments/api; affected: Service payments/api');
    expect(graph.match(/<rect/g)).toHaveLength(2);
  });

  test('the timeline goes from the first fault to the message and what people said', () => {
    const fault = sampleFault({ since: sampleTime - 60_000, clearedAt: sampleTime + 900_000 });
    const delivery = {
      id: 'd1',
      target: 'slack',
      kind: 'incident',
      incidentId: 'inc_01K9Z3W8Q4',
      notice: null,
      state: 'reported',
      seq: 3,
      status: 'sent',
      attempts: 1,
      notBefore: sampleTime,
      createdAt: sampleTime + 164_000,
      sentAt: sampleTime + 165_000,
      uncertain: false,
      error: null,
    } as const;
    const feedback = {
      id: 'f1',
      incidentId: 'inc_01K9Z3W8Q4',
      runId: null,
      rating: 'wrong',
      by: 'bo',
      at: sampleTime + 200_000,
      comment: 'it was DNS',
    } as const;
    const dead = { ...delivery, id: 'd2', target: 'webhook', status: 'dead', sentAt: null, error: 'HTTP 500' } as const;
    const page = { ...delivery, id: 'd3', target: 'pagerduty', sentAt: sampleTime + 166_000 } as const;
    const edit = { ...delivery, id: 'd4', kind: 'refresh', sentAt: sampleTime + 190_000 } as const;
    const deliveries = [dead, delivery, page, edit];
    const found = sectionsOf(
      reportSample({ detail: { faults: [fault] }, history: { deliveries, feedback: [feedback] } }),
    );
    const items = [...(found.get('timeline') ?? '').matchAll(/<span>(.*?)<\/span>/g)].map(([, words]) => words);
    expect(items).toEqual([
      'CrashLoop on Pod payments/api-7c4-x1 began',
      'CrashLoop on Pod payments/api-7c4-x1 was seen (pushed by the cluster)',
      'Incident opened',
      'Investigation started',
      'Answered by the built-in rules after 2 min 41 s: cause found',
      'Message to the webhook could not be delivered: HTTP 500',
      'Message to Slack: the answer',
      'Message to PagerDuty: the answer',
      'bo says that the cause is wrong: it was DNS',
      'CrashLoop on Pod payments/api-7c4-x1 cleared',
    ]);
    expect(found.get('messages')).toContain('Message to Slack: the answer');
  });

  test('INT-6: what people did stays where a long timeline is cut, and the rest is counted', () => {
    const faults = Array.from({ length: 6 }, (_, id) => sampleFault({ id, since: sampleTime - 60_000, clearedAt: 1 }));
    const runs = Array.from({ length: 60 }, (_, at) => sampleRun({ id: `run_${at}`, createdAt: sampleTime + at }));
    const act = { incidentId: 'inc_01K9Z3W8Q4', kind: 'ack', by: 'ana', done: true, runId: null } as const;
    const acts = Array.from({ length: 70 }, (_, at) => {
      return { ...act, id: `act_${at}`, at: sampleTime + 10_000, comment: `number ${at}` };
    });
    const timeline = sectionsOf(reportSample({ detail: { faults, runs, acts } })).get('timeline') ?? '';
    const items = timeline.match(/<li /g) ?? [];
    expect(timeline).toContain('ana: number 69');
    expect(timeline).not.toContain('ana: number 9<');
    expect(items.length).toBe(120);
    expect(timeline).toContain(
      `${faults.length * 3 + runs.length * 2 + acts.length + 1 - 120} moments between are not shown`,
    );
  });

  test('INT-6: an end that a person called and what followed stay together where a long timeline is cut', () => {
    const runs = Array.from({ length: 60 }, (_, at) => sampleRun({ id: `run_${at}`, createdAt: sampleTime + at }));
    const act = { incidentId: 'inc_01K9Z3W8Q4', kind: 'resolve', by: 'ana', done: true, runId: null } as const;
    const [first, second, third] = [20_000, 30_000, 40_000].map((after) => sampleTime + after);
    const resource = { kind: 'Pod', namespace: 'payments', name: 'api-1' };
    const reopening = { faultType: 'CrashLoop', resource, goesOn: true, endReason: 'by ana', endedAt: first! };
    const incident = answeredIncident({ reopened: 2, reopenings: [{ ...reopening, at: second! }] });
    const acts = [{ ...act, id: 'act_1', at: first!, comment: 'known' }];
    // An older version kept no more of the other reopening than its run.
    const older = sampleRun({ id: 'run_x', trigger: 'reopened', createdAt: third!, startedAt: null, endedAt: null });
    const later = runs.map((run) => ({ ...run, id: `${run.id}_2`, startedAt: third! + 1, endedAt: third! + 2 }));
    const detail = { incident, runs: [...runs, older, ...later], acts };
    const timeline = wordsOf(sectionsOf(reportSample({ detail })).get('timeline') ?? '');
    expect(timeline).toMatch(/Resolved by ana: known.*Opened again: CrashLoop.*Reopened: the fault came back/);
    expect(timeline).toContain('moments between are not shown');
  });

  test('runs say who asked, who answered, how long and what it cost', () => {
    const result = sampleResult({ agent: 'claude', model: 'opus', usage: sampleUsage });
    const fallback = sampleResult({ agent: 'claude', outcome: 'fallback', defects: ['timed_out'] });
    const runs = [
      sampleRun({ result, trigger: 'manual', requestedBy: 'ana' }),
      sampleRun({ id: 'run_2', result: fallback }),
    ];
    const words = wordsOf(sectionsOf(reportSample({ detail: { runs } })).get('runs') ?? '');
    expect(words).toContain('by ana agent claude (opus)');
    expect(words).toContain('$0.42, 42,900 tokens');
    expect(words).toContain('the built-in rules, because agent claude');
  });

  test('of an agent whose answer has no findings, and of an older answer, what there is is shown', () => {
    expect([...sectionsOf(reportSample({ verdict: null })).keys()]).toEqual(['timeline', 'runs', 'files']);
  });
});

describe('UX-21, INT-4: what stands for many stays readable', () => {
  test('a storm of 5,000, a fleet of 1,000 clusters, and a thousand moments are bounded and counted', () => {
    const { incident } = stormClaim(5000);
    const members = Array.from({ length: 1000 }, (_, at) => ({
      incidentId: `inc_${at}`,
      cluster: `c${at}`,
      title: 'CrashLoop',
      status: 'reported' as const,
      cause: null,
      joinedAt: sampleTime,
    }));
    const runs = Array.from({ length: 400 }, (_, at) => sampleRun({ id: `run_${at}` }));
    const report = reportSample({
      detail: {
        incident: incident!,
        storm: sampleView(5000),
        fleet: { id: 'f', signature: 's', lead: 'inc_0', members },
        faults: Array.from({ length: 5000 }, (_, id) => sampleFault({ id })),
        runs,
      },
    });
    const all = renderPart(sectionList(incidentSections(report, options)));
    expect(all.length).toBeLessThan(120_000);
    expect(all).toContain('Members of the storm (5000)');
    expect(all).toContain('and 4900 more');
    expect(all).toContain('and 900 more');
    expect(all).toContain('moments between are not shown');
    expect(all).toContain('and 4994 more faults from here on');
    expect(wordsOf(glanceOf(report))).toContain('Common to most: 4999 of 5000 on node n1.');
  });
});

describe('OPS-3: what a person said of an answer stands beside that answer', () => {
  const run = sampleRun();
  const later = sampleRun({ id: 'run_2', createdAt: sampleTime + 300_000, endedAt: sampleTime + 400_000 });
  const failed = { ...later, result: sampleResult({ outcome: 'failed' }) };
  const waits = { ...later, endedAt: null, result: null };
  const said = {
    id: 'f',
    incidentId: 'inc_1',
    runId: run.id,
    rating: 'wrong',
    by: 'bo',
    comment: 'it was DNS',
  } as const;

  test.each([
    ['of the only answer', [run], 'bo says that this is wrong: it was DNS.'],
    ['while another is looked for', [run, waits], 'bo says that this is wrong: it was DNS.'],
    ['where another run gave none', [run, failed], 'bo says that this is wrong: it was DNS.'],
    ['after which another came', [run, later], 'bo says that an answer before this one was wrong: it was DNS.'],
  ])('%s', (_, runs, words) => {
    const feedback = [{ ...said, at: sampleTime + 200_000 }];
    for (const parts of [{}, { verdict: null }])
      expect(wordsOf(glanceOf(reportSample({ ...parts, detail: { runs }, history: { feedback } })))).toContain(words);
  });
});
