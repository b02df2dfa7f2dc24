import { afterEach, describe, expect, test } from 'vitest';
import type { IncidentDetail } from '../../../src/domain/state-store.ts';
import { BrowserClient } from '../../support/browser-client.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import {
  answeredIncident,
  emptyHistory,
  sampleFault,
  sampleIncident,
  sampleRun,
  sampleTime,
} from '../../support/incident-samples.ts';
import { evidenceSample, sampleLog, verdictSample } from '../../support/report-sample.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { sampleSilence } from '../../support/sample-silence.ts';
import { sampleView, stormClaim } from '../../support/storm-sample.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

const id = 'inc_01K9Z3W8Q4';
const base = `prod-eu/${id}`;
const saidWrong = {
  id: 'f',
  incidentId: id,
  runId: null,
  rating: 'wrong',
  by: 'cy',
  at: sampleTime + 200_000,
  comment: 'DNS',
} as const;

async function start(detail: Partial<IncidentDetail> = {}, over: Parameters<typeof HealthFixture.start>[0] = {}) {
  fixture = await HealthFixture.start(over);
  fixture.reader.details = [{ incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()], ...detail }];
  fixture.files.set(`${base}/verdict.json`, JSON.stringify(verdictSample()));
  fixture.files.set(`${base}/findings.json`, JSON.stringify(findingsSample({ evidence: [evidenceSample()] })));
  fixture.files.set(`${base}/${sampleLog}`, 'starting\nfatal: DB_URL is required\nbye\n');
  return fixture;
}

const mainOf = async (response: Response): Promise<string> =>
  /<main[^>]*>([^]*)<\/main>/.exec(await response.text())?.[1] ?? '';

const wordsOf = (markup: string): string => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('OPS-3, UX-21: the page of an incident', () => {
  test('answers in this order what, where, why, since when, who has it and what to do', async () => {
    const f = await start();
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    const order = [
      'critical',
      'CrashLoop',
      'Cause found',
      'Deployment payments/api',
      'in cluster prod-eu (production)',
      'Why',
      'Rollout 41 dropped the variable DB_URL',
      'The evidence shows it directly.',
      'Since',
      '2026-11-20 09:00:00 UTC',
      'Who has it',
      'Nobody yet.',
      'Acknowledge',
      'What to do',
      'Roll back to revision 40',
      'kubectl --context prod-eu -n payments rollout undo deployment/api',
      'What shows it',
      'fatal: DB_URL is required',
      'Further steps',
      'Timeline',
      'From the cause to what it breaks',
      'Investigations',
      'Was this answer right?',
      'Files',
    ];
    const places = order.map((text, at) => words.indexOf(text, at === 0 ? 0 : words.indexOf(order[at - 1] ?? '')));
    expect(order.filter((_, at) => (places[at] ?? -1) < 0)).toEqual([]);
    expect(words.match(/Rollout 41 dropped the variable DB_URL/g)).toHaveLength(1);
  });

  test('QUA-4: above all that, whether it still serves, and how long ago that was read', async () => {
    const f = await start();
    const impact = impactSample({
      at: f.clock.now() - 300_000,
      services: [{ object: 'Service a/<b>', endpoints: 0 }],
      serves: false,
    });
    f.files.set(`${base}/findings.json`, JSON.stringify(findingsSample({ impact })));
    const page = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    expect(wordsOf(page)).toMatch(
      /Impact Nothing serves: 0 of 3 pods are ready; Service a\/&lt;b> has no ready endpoint\. Read 5 min ago \. Why/,
    );
  });

  test('QUA-4: where the report cannot be read, the incident says it; an unknown impact says why', async () => {
    const impact = { of: 'unknown', at: null, why: 'no pod was found' } as const;
    const f = await start({ incident: answeredIncident({ impact }) });
    f.files.clear();
    expect(wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)))).toContain(
      'Impact Not known: no pod was found. Why',
    );
  });

  test('links each file that it cites, and those can be read', async () => {
    const f = await start();
    const browser = new BrowserClient(f);
    const main = await mainOf(await browser.get(`/i/${id}`));
    const links = [...main.matchAll(/href="(\/i\/[^"]+\/files\/[^"]+)"/g)].map(([, href]) => href ?? '');
    expect(links).toContain(`/i/${id}/files/${sampleLog}`);
    for (const link of links) expect([link, (await browser.get(link)).status]).toEqual([link, 200]);
  });

  test('everything is there without a script: acts are forms, commands are text, nothing is hidden', async () => {
    const f = await start();
    const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    expect(main).not.toMatch(/<script|\son\w+=|\shidden|\sstyle=/);
    const actions = [...main.matchAll(/<form[^>]*method="post" action="([^"]+)"/g)].map(([, action]) => action);
    expect(new Set(actions)).toEqual(
      new Set(['ack', 'silence', 'rerun', 'resolve', 'feedback'].map((act) => `/i/${id}/${act}`)),
    );
    const ids = [...main.matchAll(/\sid="([^"]+)"/g)].map(([, name]) => name);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test('each act says what it does, to who sees the page and to who hears it', async () => {
    const f = await start();
    const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    const described = [...main.matchAll(/<button[^>]* aria-describedby="([^"]+)"[^>]*>\s*([^<]*?)\s*</g)];
    expect(described.map(([, , label]) => label)).toEqual(['Acknowledge', 'Silence', 'Run again', 'Resolve']);
    const words = wordsOf(main);
    for (const [, explained, label] of described) {
      expect(main).toMatch(new RegExp(`<li id="${explained}"><b>${label}</b>: [^<]{20,}`));
      expect(words).toContain(`${label} : `);
    }
  });

  test('who may only read sees all of it and no act', async () => {
    const f = await start({}, { token: () => 'all', people: () => ({ readToken: 'some', proxy: null }) });
    const browser = new BrowserClient(f, { authorization: 'Bearer some' });
    const main = await mainOf(await browser.get(`/i/${id}`));
    expect(main).toContain('Rollout 41 dropped');
    expect(main).not.toContain('method="post"');
  });

  test('what people did stands there with their names: who has it, who silenced it, who asked again, who said what', async () => {
    const acknowledged = { by: 'ana', at: sampleTime, comment: 'on it' };
    const runs = [sampleRun(), sampleRun({ id: 'run_2', trigger: 'manual', requestedBy: 'bo' })];
    const f = await start({ incident: answeredIncident({ acknowledged }), runs });
    f.reader.histories.set(id, { ...emptyHistory, feedback: [saidWrong] });
    f.reader.kept = [
      {
        id: 'sil_1',
        source: 'api',
        matchers: [{ name: 'cluster', operator: '=', value: 'prod-eu' }],
        startsAt: sampleTime,
        endsAt: sampleTime + 3_600_000,
        author: 'di',
        comment: '',
        createdAt: sampleTime,
        endedBy: null,
      },
    ];
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toMatch(/Who has it ana , now : on it/);
    expect(words).toContain('Ask ana first, who has it in hand.');
    expect(words).toContain('Silenced by di until 2026-11-20 10:00:00 UTC : nobody is told.');
    expect(words).toContain('An investigation was asked for by bo');
    expect(words).toContain('cy : wrong, DNS');
    expect(words).toContain('cy says that this is wrong: DNS.');
    expect(words).not.toContain('Nobody yet.');
    expect(words).toContain('Its silence');
  });

  test.each([
    ['low', 'Only a lead'],
    ['medium', 'Likely cause'],
  ] as const)('a cause of %s confidence is not said to be found', async (confidence, word) => {
    const f = await start({ incident: answeredIncident({ confidence }) });
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toContain(word);
    expect(words).not.toContain('Cause found');
  });

  test.each([
    ['kubectl --kubeconfig /k.yaml -n shop edit configmap settings', true],
    ['kubectl --kubeconfig /k.yaml -n shop get configmap settings', false],
    ['kubectl --context prod-eu -n shop edit configmap settings', false],
  ])('a command that changes something with our kubeconfig says that it may only read: %s', async (command, told) => {
    const f = await start();
    const verdict = verdictSample();
    const remediation = [{ action: 'Add it', command, risk: 'low', reversible: true, undo: null }];
    f.files.set(`${base}/verdict.json`, JSON.stringify({ ...verdict, remediation }));
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words.includes('needs one of your own')).toBe(told);
  });

  test('what a person called over and what still stands is said', async () => {
    const incident = answeredIncident({ status: 'resolved', statusReason: 'by ana', resolvedAt: sampleTime });
    const f = await start({ incident, faults: [sampleFault(), sampleFault({ id: 2, clearedAt: sampleTime })] });
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toContain('Resolved by ana. 1 fault of it still stands, and nobody is told until that is over.');
  });

  test('INT-6, INT-3: acts with what was said, silences, and an incident that is opened again stand in the timeline', async () => {
    const act = { incidentId: id, by: 'ana', done: true, runId: null } as const;
    const acts = [
      { ...act, id: 'act_1', kind: 'ack', at: sampleTime + 1000, comment: 'on it' },
      { ...act, id: 'act_2', kind: 'resolve', at: sampleTime + 2000, comment: 'the quota is raised' },
      { ...act, id: 'act_3', kind: 'rerun', at: sampleTime + 4000, comment: 'after the rollout' },
    ] as const;
    const resource = { kind: 'Pod', namespace: 'payments', name: 'api-1' };
    const how = { goesOn: true, endReason: 'by ana', endedAt: sampleTime + 2000 };
    const reopenings = [{ at: sampleTime + 3000, faultType: 'CrashLoop', resource, ...how }];
    const f = await start({ incident: answeredIncident({ reopened: 1, reopenings }), acts });
    const silences = [sampleSilence({ createdAt: sampleTime + 5000, way: 'slack' })];
    f.reader.histories.set(id, { ...emptyHistory, silences });
    const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    const timeline = wordsOf(/<section id="timeline"[^]*?<\/section>/.exec(main)?.[0] ?? '');
    const order = [
      'Incident opened',
      'Acknowledged by ana: on it',
      'Resolved by ana: the quota is raised',
      'CrashLoop on Pod payments/api-1 goes on, and ana had called it over: the quota is raised',
      'An investigation was asked for by ana: after the rollout',
      'Silenced by ana until',
      'in Slack: database is moved',
    ];
    expect(order.map((words) => timeline.indexOf(words)).filter((at) => at < 0)).toEqual([]);
    expect(order.map((words) => timeline.indexOf(words))).toEqual(
      order.map((words) => timeline.indexOf(words)).toSorted((a, b) => a - b),
    );
  });

  test('after the end it says how it ended, and offers nothing that is too late', async () => {
    const incident = answeredIncident({ status: 'resolved', statusReason: 'by ana', resolvedAt: sampleTime });
    const f = await start({ incident });
    const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    expect(wordsOf(main)).toContain('Resolved by ana.');
    expect(main).not.toMatch(/\/(ack|resolve|rerun|silence)"/);
    expect(main).toContain(`/i/${id}/feedback`);
  });

  test('what is well and was asked about is no fault, and nothing waits', async () => {
    const ended = { status: 'resolved', statusReason: 'no_fault', resolvedAt: sampleTime, severity: 'info' } as const;
    const f = await start({ incident: answeredIncident(ended) });
    const verdict = verdictSample({
      is_fault: false,
      causes: [],
      victims: [],
      remediation: [],
      summary: 'It is well.',
    });
    f.files.set(`${base}/verdict.json`, JSON.stringify(verdict));
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toContain('info CrashLoop No fault found');
    expect(words).toContain('It is well.');
    expect(words).toContain('What shows that nothing is wrong');
  });
});

describe('OPS-3: what is not as it should be', () => {
  test('before an answer the page says what it waits for; of an incident that is not there, that it is not', async () => {
    const f = await start({ incident: sampleIncident({ status: 'investigating' }), runs: [] });
    f.files.clear();
    const browser = new BrowserClient(f);
    const words = wordsOf(await mainOf(await browser.get(`/i/${id}`)));
    expect(words).toContain('An investigation is going on.');
    expect(words).not.toContain('Was this answer right?');
    const none = await browser.get('/i/inc_none');
    expect([none.status, none.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });

  test.each(['{', '{"version": 7}', '[]', 'null', '"x"'])(
    'damaged files (%s) are said, the rest is shown',
    async (text) => {
      const f = await start();
      f.files.set(`${base}/verdict.json`, text);
      f.files.set(`${base}/findings.json`, text);
      const response = await new BrowserClient(f).get(`/i/${id}`);
      expect(response.status).toBe(200);
      const words = wordsOf(await mainOf(response));
      expect(words).toContain('Deployment payments/api');
      expect(words).toContain(text === 'null' ? 'Cause found' : 'The stored verdict could not be read');
    },
  );

  const history = { ...emptyHistory, feedback: [saidWrong] };

  test.each([
    ['the store of reports does not answer', {}, { artifacts: { get: () => Promise.reject(new Error('gone')) } }, true],
    ['the report was evicted', {}, {}, true],
    ['nothing was answered yet', { incident: sampleIncident({ status: 'investigating' }), runs: [] }, {}, false],
  ] as const)('that a person says that the cause is wrong is shown where %s', async (_, detail, over, mayBeSaid) => {
    const f = await start(detail, over);
    f.files.clear();
    f.reader.histories.set(id, history);
    const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
    const words = wordsOf(main);
    expect(words).toContain('cy says that this is wrong: DNS.');
    expect(words).toContain('cy : wrong, DNS');
    // What nobody answered is neither right nor wrong yet.
    expect(main.includes(`action="/i/${id}/feedback"`)).toBe(mayBeSaid);
  });

  test('a store that cannot be reached is said, the rest is shown', async () => {
    const gone = () => Promise.reject(new Error('ECONNREFUSED 10.0.0.1?sig=secret'));
    const f = await start({}, { artifacts: { get: gone } });
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toContain('The stored verdict could not be read');
    expect(words).toContain('What stands here comes from the state of the daemon alone.');
    expect(words).not.toContain('secret');
  });

  test('an answer of an older version, without findings, has its evidence in words all the same', async () => {
    const f = await start();
    f.files.delete(`${base}/findings.json`);
    const words = wordsOf(await mainOf(await new BrowserClient(f).get(`/i/${id}`)));
    expect(words).toContain('Pod payments/api-7c4-x1, log of container api, line 2');
  });
});

test('UX-21: no text of a cluster or a person is anything but text', async () => {
  const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\u001b[31m\u202e`;
  const entity = { kind: hostile, namespace: hostile, name: hostile };
  const [cause] = verdictSample().causes;
  const [step] = verdictSample().remediation;
  const f = await start({
    incident: answeredIncident({
      title: hostile,
      environment: hostile,
      owner: { ...entity, certain: true },
      titleFault: { faultType: hostile, severity: 'critical', firstSeen: sampleTime },
      acknowledged: { by: hostile, at: sampleTime, comment: hostile },
      reopenings: [
        {
          at: sampleTime,
          faultType: hostile,
          resource: { kind: hostile, namespace: hostile, name: hostile },
          goesOn: false,
          endReason: `by ${hostile}`,
          endedAt: sampleTime,
        },
      ],
    }),
    faults: [sampleFault({ context: hostile, faultType: hostile })],
    runs: [sampleRun({ requestedBy: hostile })],
    acts: (['ack', 'resolve', 'rerun'] as const).flatMap((kind, at) =>
      [true, false].map((done) => {
        const act = { id: `act_${at}${done}`, incidentId: id, kind, at: sampleTime, runId: null, done };
        return { ...act, by: hostile, comment: hostile };
      }),
    ),
  });
  const verdict = verdictSample({
    summary: hostile,
    causes: [{ ...cause!, entity, statement: hostile, wrong_value: hostile }],
    victims: [entity],
    remediation: [{ ...step!, action: hostile, command: `kubectl ${hostile}`, undo: hostile }],
  });
  const findings = findingsSample({
    evidence: [evidenceSample({ words: hostile, quote: hostile, file: hostile })],
    changes: [{ at: 0, kind: 'event', object: hostile, words: hostile }],
    ruled_out: [hostile],
    runbooks: [{ title: hostile, path: hostile }],
  });
  f.files.set(`${base}/verdict.json`, JSON.stringify(verdict));
  f.files.set(`${base}/findings.json`, JSON.stringify(findings));
  f.files.set(`${base}/evidence/${hostile}`, 'x');
  const other = sampleIncident({ id: 'inc_2', title: hostile, cause: hostile });
  const feedback = [
    { id: 'f', incidentId: id, runId: null, rating: 'wrong', by: hostile, at: 0, comment: hostile } as const,
  ];
  const silences = [sampleSilence({ author: hostile, comment: hostile, endedBy: hostile, endsAt: sampleTime })];
  const error = { code: hostile, message: hostile };
  const lost = { from: sampleTime, until: null, state: 'failed', source: 'none', error } as const;
  const others = { unheard: [lost], sameObject: [other], around: [other] };
  f.reader.histories.set(id, { ...emptyHistory, feedback, silences, ...others });
  const response = await new BrowserClient(f).get(`/i/${id}`);
  const main = await mainOf(response);
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(main).not.toMatch(/[\u001b\u202e]/);
  const tags = [...main.matchAll(/<\/?([a-z][a-z0-9]*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g)];
  expect(tags.filter(([, name = '']) => /^(script|img|iframe|object|style|link|base)$/.test(name))).toEqual([]);
  expect(tags.filter(([, , attributes = '']) => /\s(on\w+|style|src)=/.test(attributes))).toEqual([]);
  expect(tags.reduce((text, [tag]) => text.replace(tag, ''), main)).not.toContain('<');
  expect(main).toContain('&lt;script');
});

test('UX-21, INT-4: a storm of 5,000 in a fleet of 1,000 clusters stays readable: bounded, counted, its files too', async () => {
  const { incident } = stormClaim(5000);
  const members = Array.from({ length: 1000 }, (_, at) => {
    return {
      incidentId: `inc_${at}`,
      cluster: `c${at}`,
      title: 'CrashLoop',
      status: 'reported',
      cause: null,
      joinedAt: 0,
    } as const;
  });
  const f = await start({
    incident: { ...answeredIncident(), ...incident, id, status: 'reported' },
    storm: sampleView(5000),
    fleet: { id: 'f', signature: 's', lead: id, members },
    faults: Array.from({ length: 5000 }, (_, at) => sampleFault({ id: at })),
  });
  for (let at = 0; at < 3000; at += 1) f.files.set(`${base}/evidence/objects/shop/Pod/p${at}.json`, '{}');
  const main = await mainOf(await new BrowserClient(f).get(`/i/${id}`));
  expect(main.length).toBeLessThan(250_000);
  const words = wordsOf(main);
  expect(words).toContain('A storm: it stands for 5000 incidents, investigated once; none was dropped.');
  expect(words).toContain('Common to most: 4999 of 5000 on node n1.');
  expect(words).toContain('and 4900 more');
  expect(words).toContain('and 900 more');
  expect(words).toMatch(/and 2\d{3} more files/);
});
