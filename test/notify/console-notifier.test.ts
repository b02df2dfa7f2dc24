import { describe, expect, test } from 'vitest';
import type { Incident } from '../../src/domain/records.ts';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { onAbort } from '../../src/lib/abort.ts';
import { displayWidth } from '../../src/lib/display/width.ts';
import { consoleNotifier } from '../../src/notify/console-notifier.ts';
import type { ConsoleLooks } from '../../src/notify/console-text.ts';
import { sampleClaim, sampleAgentNotice, sampleNotice } from '../support/claim-sample.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
} from '../support/incident-samples.ts';
import { impactSample } from '../support/impact-sample.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { stormClaim } from '../support/storm-sample.ts';

const signal = new AbortController().signal;
const clock = new ManualClock();
const looks = { color: false, columns: () => null, timeZone: 'UTC', url: () => null };
const bare = { failure: () => null, ...looks, clock, random: () => 1 };

async function print(claims: readonly DeliveryClaim[], own: Partial<ConsoleLooks> = {}): Promise<string> {
  let text = '';
  const write = async (more: string): Promise<void> => void (text += more);
  const notifier = consoleNotifier({ ...bare, write, ...own });
  for (const claim of claims) expect(await notifier.send(claim, signal)).toMatchObject({ kind: 'sent' });
  return text;
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
const resolvedIncident: Incident = {
  ...answeredIncident(),
  status: 'resolved',
  statusReason: 'cleared',
  resolvedAt: sampleTime + 840_000,
  updatedAt: sampleTime + 840_000,
};

describe('console notifications', () => {
  test('INT-6: one line when somebody has it in hand; the answer is not told again', async () => {
    const at = sampleTime + 300_000;
    const incident = answeredIncident({ acknowledged: { by: 'ana', at, comment: 'on\u001b[2J it' }, updatedAt: at });
    const claim = sampleClaim({ incident, runs: [sampleRun()] });
    const previous = { ...claim.delivery, id: 'dlv_before', state: 'reported', createdAt: at - 1000 };
    const text = await print([{ ...claim, previous }]);
    expect(text).toMatch(
      /^09:05:00\+00:00  TAKEN     CrashLoop · payments\/api .* · acknowledged by ana: on.* it · inc_01K9Z3W8Q4\n$/,
    );
    expect(text).not.toContain('\u001b');
    // Nobody was told of the answer yet: it comes first.
    expect(await print([claim])).toContain('Cause ');
  });

  test('NOT-4: a line when an incident opens', async () => {
    expect(await print([sampleClaim()])).toBe(
      '09:00:00+00:00  CRITICAL  CrashLoop · payments/api (Deployment) · prod-eu · queued · inc_01K9Z3W8Q4\n',
    );
  });

  test('NOT-4, NOT-2: a block when it is answered, good to read at night', async () => {
    expect(await print([answered])).toBe(
      `${'─'.repeat(100)}
CRITICAL CrashLoop · payments/api (Deployment) · prod-eu (production)

Cause     container \`api\` exits 1: \`DB_URL is required\`; rollout 41 dropped env \`DB_URL\`.
          The evidence shows it directly · by built-in rules, no model
Evidence  \`api\` last log: \`DB_URL is required\` (FACT-2)
          env \`DB_URL\` absent in the new ReplicaSet (FACT-3)
Next      Roll back (can be undone)
            kubectl -n payments rollout undo deploy/api
Faults    CrashLoop
Report    nightcrier report inc_01K9Z3W8Q4
          inc_01K9Z3W8Q4 · run 2 min 41 s
${'─'.repeat(100)}
`,
    );
  });

  test('QUA-4: and says whether it still serves', async () => {
    const incident = answeredIncident({ impact: impactSample({ at: sampleTime }) });
    expect(await print([sampleClaim({ incident, runs: [sampleRun()] })])).toContain(
      '\nImpact    0 of 3 pods are ready.\nEvidence',
    );
  });

  test('NOT-4: nothing for progress, a line when it ends', async () => {
    const investigating = sampleClaim({ incident: sampleIncident({ status: 'investigating' }) });
    const opened = { ...investigating.delivery, state: 'open' };
    expect(await print([{ ...investigating, previous: opened }])).toBe('');
    // Unless nothing was said before: its first message waits while faults are gathered.
    expect(await print([investigating])).toMatch(/CRITICAL .* · investigating · inc_01K9Z3W8Q4\n$/);
    expect(await print([{ ...investigating, previous: { ...opened, state: 'resolved' } }])).toContain('investigating');
    const claim = sampleClaim({ incident: resolvedIncident, runs: [sampleRun()] });
    const answer = { ...claim.delivery, state: 'reported', createdAt: resolvedIncident.reportedAt ?? 0 };
    const told = { ...claim, previous: answer };
    expect(await print([told])).toBe(
      '09:14:00+00:00  RESOLVED  CrashLoop · payments/api (Deployment) · prod-eu · after 14 min · inc_01K9Z3W8Q4\n',
    );
  });

  test('NOT-3: an answer that was overtaken by the end is told with it', async () => {
    const text = await print([sampleClaim({ incident: resolvedIncident, runs: [sampleRun()] })]);
    expect(text).toContain('Cause     container');
    expect(text).toContain('RESOLVED');
  });

  test('UX-18: no cause says so, without a confidence', async () => {
    const result = sampleResult({ cause: null, confidence: null });
    const text = await print([
      sampleClaim({ incident: answeredIncident({ cause: null, confidence: null }), runs: [sampleRun({ result })] }),
    ]);
    expect(text).toContain('Cause     No cause found.');
    expect(text).not.toMatch(/confidence|claims/);
  });

  test('INT-7: what a person asked about and is well is no fault found, with what shows it', async () => {
    const cause = 'No fault: Deployment payments/api is well, 2 of 2 ready.';
    const ended = { status: 'resolved', statusReason: 'no_fault', resolvedAt: sampleTime, severity: 'info' } as const;
    const runs = [sampleRun({ result: sampleResult({ isFault: false, cause, confidence: null }) })];
    const text = await print([
      sampleClaim({ incident: answeredIncident({ ...ended, cause, confidence: null }), runs }),
    ]);
    expect(text).toContain(`Answer    ${cause}`);
    expect(text).toMatch(/NO FAULT .* · nothing to do · inc_/);
    expect(text).not.toMatch(/WARNING|Cause |queued/);
  });

  test('NOT-4: what failed says why, what may be a repeat says so', async () => {
    const failed = sampleIncident({ status: 'failed', statusReason: 'disk is full' });
    expect(await print([sampleClaim({ incident: failed })])).toContain('Could not be investigated: disk is full');
    expect(await print([sampleClaim({}, { uncertain: true })])).toContain('(may be a repeat)');
  });

  test('NOT-6, INT-4: notices', async () => {
    const text = await print([
      sampleNotice('clusters_unreachable', { clusters: ['a', 'b', 'c', 'd'], detail: 'refused' }),
      sampleNotice('clusters_back'),
      sampleAgentNotice('agent_degraded'),
      sampleAgentNotice('agent_recovered'),
      sampleNotice('first_contact'),
    ]);
    expect(text).toContain('nightcrier is blind · 4 clusters: a, b, c, d');
    expect(text).toContain('sees again · prod-eu');
    expect(text).toContain('for 10 min');
    expect(text).toContain('12 active incidents');
  });

  test('UX-20: plain text without color, color only where it is asked for', async () => {
    expect(await print([answered, sampleClaim()])).not.toContain('\u001b');
    expect(await print([answered])).not.toContain('\u001b');
    expect(await print([answered], { color: true })).toContain('\u001b[31mCRITICAL');
  });

  test('UX-20: times are those of the reader, with the offset', async () => {
    expect(await print([sampleClaim()], { timeZone: 'Asia/Kathmandu' })).toMatch(/^14:45:00\+05:45 {2}CRITICAL/);
    const notice = await print([sampleNotice('clusters_unreachable')], { timeZone: 'Asia/Kathmandu' });
    expect(notice).toMatch(/^\d\d:\d\d:\d\d\+05:45 {2}/);
  });

  test.each([
    ['https://nc.example/', null, 'Page      https://nc.example/i/inc_01K9Z3W8Q4'],
    [null, 'https://blobs.example/r.html?sig=1', 'Report    https://blobs.example/r.html?sig=1'],
    [null, '/data/r.html', 'Report    nightcrier report inc_01K9Z3W8Q4'],
    [null, null, 'More      nightcrier show inc_01K9Z3W8Q4'],
  ])('NOT-4: never a path: the page, else the address, else the command: %s, %s', async (url, report, line) => {
    const claim = sampleClaim({ incident: answeredIncident({ report }), runs: [sampleRun()] });
    const text = await print([claim], { url: () => url });
    expect(text.split('\n')).toContain(line);
    expect(text).not.toContain('/data/');
  });

  test.each([60, 80, 140])(
    'UX-20: on a terminal of %i columns words stay whole, and so do commands',
    async (columns) => {
      const evidence = [
        '日本語 '.repeat(40).trim(),
        `image registry.example/${'team/'.repeat(20)}app:1.2.3 is not there`,
      ];
      const command = `kubectl --context prod-eu -n payments set image deploy/api ${'api=registry.example/api:1 '.repeat(4).trim()}`;
      const nextSteps = [{ text: 'Set the image that is there '.repeat(5).trim(), command, reversible: true }];
      const result = sampleResult({ summary: { evidence, nextSteps, claimsBacked: 1, claims: 1, missing: [] } });
      const cause = 'the container exits because a variable is missing '.repeat(5).trim();
      const claim = sampleClaim({ incident: answeredIncident({ cause }), runs: [sampleRun({ result })] });
      const text = await print([claim, sampleClaim()], { columns: () => columns });
      expect(text.split('\n')).toContain(`            ${command}`);
      const wide = text.split('\n').filter((line) => displayWidth(line) > columns);
      expect(wide.filter((line) => !/kubectl|registry\.example/.test(line))).toEqual([]);
      const words = text.replace(/\s+/g, ' ');
      for (const one of [cause, ...evidence, nextSteps[0]?.text ?? '']) expect(words).toContain(one);
    },
  );

  test('UX-20: in a pipe a line stays one line', async () => {
    const owner = { kind: 'Deployment', namespace: 'n'.repeat(63), name: 'd'.repeat(200), certain: true };
    const text = await print([sampleClaim({ incident: sampleIncident({ owner }) })]);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });

  test.each([
    ['kubectl y', 'Next      Roll back (can be undone)\n            kubectl x\n            undo: kubectl y\n'],
    ['keep it before: kubectl y', 'Next      Roll back (can be undone)\n            kubectl x\nFaults'],
  ])('NOT-4: a step says how it is undone where a command does it: %s', async (undo, shown) => {
    const nextSteps = [{ text: 'Roll back', command: 'kubectl x', reversible: true, undo }];
    const result = sampleResult({ summary: { evidence: [], nextSteps, claimsBacked: 1, claims: 1, missing: [] } });
    const claim = sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result })] });
    expect(await print([claim])).toContain(shown);
  });

  test('NOT-4: control characters of a cluster never reach the terminal, and no line is forged', async () => {
    const hostile = 'x\u001b[2J\u001b]0;title\u0007\r\n──── forged\u202e\u009b31m';
    const owner = { kind: hostile, namespace: hostile, name: hostile, certain: true };
    const summary = {
      evidence: [hostile],
      nextSteps: [{ text: hostile, command: hostile, reversible: true }],
      claimsBacked: 1,
      claims: 1,
      missing: [hostile],
    };
    const result = sampleResult({ cause: hostile, agent: hostile, summary });
    const titleFault = { faultType: hostile, severity: 'critical', firstSeen: 0 } as const;
    const incident = answeredIncident({ cause: hostile, owner, environment: hostile, report: hostile, titleFault });
    const claims = [
      sampleClaim({ incident, faults: [sampleFault({ faultType: hostile })], runs: [sampleRun({ result })] }),
      sampleClaim({ incident: sampleIncident({ owner }) }),
      sampleNotice('clusters_unreachable', { detail: hostile, clusters: [hostile] }),
    ];
    const text = await print(claims);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text).not.toMatch(/^──── forged/m);
  });

  test('NOT-4: long words and many items are cut, and said to be', async () => {
    const evidence = Array.from({ length: 20 }, (_, index) => `item ${index} ${'y'.repeat(5000)}`);
    const summary = { evidence, nextSteps: [], claimsBacked: 0, claims: 0, missing: [] };
    const text = await print([
      sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result: sampleResult({ summary }) })] }),
    ]);
    expect(text).toContain('(5 of 20 shown, the rest is in the report)');
    expect(text.length).toBeLessThan(6000);
  });

  test('NOT-3: a stream that fails keeps the message', async () => {
    const write = () => Promise.reject(new Error('EPIPE'));
    const outcome = await consoleNotifier({ ...bare, write }).send(sampleClaim(), signal);
    expect(outcome).toMatchObject({ kind: 'failed', again: 'back_off', message: 'EPIPE' });
  });

  test('NOT-3: while it fails one message tries the way, ever more rarely, and health says why; then all go', async () => {
    let broken = true;
    const tried: string[] = [];
    const write = async (text: string): Promise<void> => {
      tried.push(text);
      if (broken) throw new Error('ENOSPC');
    };
    const notifier = consoleNotifier({ ...bare, write });
    const send = async () => (await notifier.send(sampleClaim(), signal)).kind;
    expect([await send(), await send(), await send()]).toEqual(['failed', 'deferred', 'deferred']);
    expect(tried).toHaveLength(1);
    expect(notifier.problem()).toMatchObject({ code: 'NC-NOTIFY-003', message: expect.stringContaining('ENOSPC') });
    expect(notifier.pausedUntil()).toBe(clock.now() + 1000);
    // What has nothing to say is no proof that the way is free again.
    const progress = sampleClaim({ incident: { ...sampleIncident(), status: 'investigating' } });
    const silent = { ...progress, previous: progress.delivery };
    expect((await notifier.send(silent, signal)).kind).toBe('sent');
    expect(notifier.problem()).not.toBeNull();
    await clock.advance(1000);
    expect(notifier.pausedUntil()).toBeNull();
    // The second failure is no event of its own.
    expect([await send(), await send(), tried.length]).toEqual(['deferred', 'deferred', 2]);
    expect(notifier.pausedUntil()).toBe(clock.now() + 2000);
    await clock.advance(2000);
    broken = false;
    expect([await send(), await send(), tried.length]).toEqual(['sent', 'sent', 4]);
    expect([notifier.problem(), notifier.pausedUntil()]).toEqual([null, null]);
  });

  test('NOT-3: messages that fail together are one failure', async () => {
    const notifier = consoleNotifier({ ...bare, write: () => Promise.reject(new Error('EPIPE')) });
    const sent = await Promise.all(Array.from({ length: 10 }, () => notifier.send(sampleClaim(), signal)));
    expect(sent.map(({ kind }) => kind)).toEqual(['failed', ...Array.from({ length: 9 }, () => 'deferred')]);
    expect(notifier.pausedUntil()).toBe(clock.now() + 1000);
  });

  test('NOT-3: a reader that does not read is told as a problem; a stop takes the message back', async () => {
    const stop = new AbortController();
    const write = (_text: string, to: AbortSignal) =>
      new Promise<void>((_resolve, reject) => void onAbort(to, () => reject(new Error('stopped'))));
    const notifier = consoleNotifier({ ...bare, write, failure: () => 'its reader does not read' });
    const sent = notifier.send(sampleClaim(), stop.signal);
    expect(notifier.problem()?.message).toContain('its reader does not read');
    stop.abort();
    expect(await sent).toMatchObject({ kind: 'deferred', message: 'stopped' });
    expect(notifier.pausedUntil()).toBeNull();
  });
});

describe('INT-4: a storm on the console', () => {
  test('that is over is not said to be resolved while its incidents stand, which are listed', async () => {
    const claim = stormClaim(33);
    const endedAt = claim.incident!.openedAt + 600_000;
    const storm = { ...claim.incident!.storm!, endedAt, emptied: true };
    const ended = { status: 'resolved', statusReason: 'storm_over', resolvedAt: endedAt } as const;
    const one = { incidentId: 'inc_own', title: 'CrashLoop · shop/app1 (Deployment)', cause: null, reportedAt: null };
    const text = await print([
      {
        ...claim,
        incident: { ...claim.incident!, ...ended, storm },
        previous: { ...claim.delivery, createdAt: endedAt - 1, state: 'reported' },
        storm: { ...claim.storm!, left: [{ ...one, state: 'waits' }] },
      },
    ]);
    expect(text).toContain('OVER      Fault storm · 33 incidents');
    expect(text).toContain('inc_own · CrashLoop · shop/app1 (Deployment): is investigated');
    expect(text).not.toContain('RESOLVED');
  });

  test('is one line when it begins, and a block with what is common and the first members when it is answered', async () => {
    expect(await print([stormClaim(47)])).toBe(
      '09:00:00+00:00  CRITICAL  Fault storm · 47 incidents in 2 min · prod-eu · 46 of 47 on node n1 · queued · inc_01K9Z3W8Q4\n',
    );
    const { storm } = stormClaim(47).incident!;
    const text = await print([{ ...stormClaim(47, { ...answeredIncident(), storm: storm! }), runs: [sampleRun()] }]);
    expect(text).toContain('Common    46 of 47 on node n1');
    expect(text).toMatch(/Members {3}CrashLoop · pay\/app0 \(Deployment\), .* and 42 more/s);
    expect(text).toContain('one investigation instead of 47, nothing is dropped');
  });
});
