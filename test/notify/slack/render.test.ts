import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Incident } from '../../../src/domain/records.ts';
import { maxMessageCharacters, messageSize, type SlackMessage } from '../../../src/notify/slack/message.ts';
import { renderIncident } from '../../../src/notify/slack/render.ts';
import { renderNotice } from '../../../src/notify/slack/render-notice.ts';
import { type KeptAnswer, renderThread } from '../../../src/notify/slack/thread.ts';
import { sampleAgentNotice, sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { verdictSample } from '../../support/report-sample.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
  sampleUsage,
} from '../../support/incident-samples.ts';
import { slackRefusal } from '../../support/slack-block-check.ts';

const options = { publicUrl: 'https://nightcrier.example/', repeat: false, thread: true };
const offline = { ...options, publicUrl: null };

function headerOf(message: SlackMessage): string {
  const [block] = message.blocks;
  return block?.type === 'header' ? block.text.text : '';
}

/** Every text of a message, line by line. */
function textOf(message: SlackMessage): string {
  return message.blocks
    .flatMap((block) => {
      if (block.type === 'section') return [block.text?.text ?? '', ...(block.fields ?? []).map((field) => field.text)];
      if (block.type === 'context') return block.elements.map((element) => ('text' in element ? element.text : '?'));
      if (block.type === 'header') return [block.text.text];
      return block.elements.map((element) => (element.type === 'button' ? `[${element.text.text}]` : '?'));
    })
    .join('\n');
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });

describe('the message of each state', () => {
  test('UX-11: the header alone names fault, resource and cluster, in every state', () => {
    for (const status of ['open', 'queued', 'investigating', 'reported', 'resolved', 'failed', 'skipped'] as const) {
      const header = headerOf(renderIncident(sampleClaim({ incident: sampleIncident({ status }) }), options));
      expect(header).toContain('CrashLoop');
      expect(header).toContain('payments/api (Deployment)');
      expect(header).toContain('prod-eu');
    }
  });

  test('UX-11: a resource name of 300 characters does not push the cluster out of the header', () => {
    const owner = { kind: 'Deployment', namespace: 'n'.repeat(253), name: 'x'.repeat(300), certain: true };
    const message = renderIncident(
      sampleClaim({ incident: sampleIncident({ owner, cluster: 'c'.repeat(63) }) }),
      options,
    );
    expect(headerOf(message)).toContain('c'.repeat(63));
    expect(slackRefusal(message)).toBeNull();
  });

  test('NOT-2: opened says severity, cluster, environment, fault, count and how many wait before it', () => {
    const faults = [1, 2, 3].map((id) =>
      sampleFault({ id, count: 4, resource: { ...sampleFault().resource, name: `api-${id}` } }),
    );
    const message = renderIncident(sampleClaim({ faults, queuedAhead: 2 }), options);
    const text = textOf(message);
    expect(text).toContain('*CRITICAL* · ⏳ triage queued (2 ahead)');
    expect(text).toContain('*Cluster*\nprod-eu (production)');
    expect(text).toContain('*Resource*\nDeployment payments/api');
    expect(text).toContain('*Fault*\nCrashLoop ×12 (3 pods)');
    expect(text).toContain(`<!date^${sampleTime / 1000}^`);
    expect(message.text).toBe('🔴 CRITICAL prod-eu: CrashLoop Deployment payments/api — triage queued');
  });

  test('NOT-2: answered says cause, confidence in words, backing, who answered, evidence, steps and duration', () => {
    const text = textOf(renderIncident(answered, options));
    expect(text).toContain('*Cause:* container `api` exits 1: `DB_URL is required`');
    expect(text).toContain('*The evidence shows it directly* · by built-in rules, _no model_');
    expect(text).toContain('*Evidence*\n• `api` last log');
    expect(text).toContain(
      '*Next steps* _(nightcrier changes nothing)_\n1. Roll back `kubectl -n payments rollout undo deploy/api` — can be undone',
    );
    expect(text).toContain('Run 2 min 41 s');
    expect(text).not.toMatch(/\d ?%/);
  });

  test('QUA-4: an answer says in one line whether it still serves, with the time of that; the end does not', () => {
    const impact = impactSample({ at: sampleTime });
    const of = (over: Partial<Incident>): string =>
      textOf(renderIncident(sampleClaim({ incident: answeredIncident({ impact, ...over }), runs: [] }), options));
    const line = `\n*Impact:* 0 of 3 pods are ready. _(read <!date^${sampleTime / 1000}^`;
    expect(of({})).toContain(line);
    expect(of({ cause: null })).toContain(line);
    expect(of({ status: 'resolved', resolvedAt: sampleTime })).not.toContain('Impact');
    expect(of({ impact: { of: 'unknown', at: null, why: 'no evidence was read' } })).not.toContain('Impact');
    expect(
      of({ impact: impactSample({ workloads: [{ object: 'Deployment a/<!channel>', ready: 0, pods: 3 }] }) }),
    ).toContain('&lt;!channel&gt;');
  });

  test('NOT-2, TRI-8: an answer says what it cost when that was counted', () => {
    const runs = [sampleRun({ result: sampleResult({ agent: 'claude', usage: sampleUsage }) })];
    const text = textOf(renderIncident(sampleClaim({ incident: answeredIncident(), runs }), options));
    expect(text).toContain('Run 2 min 41 s · $0.42');
  });

  test('UX-18: an agent is named; its failure is told beside the answer of the rules', () => {
    const by = (result: ReturnType<typeof sampleResult>): string =>
      textOf(renderIncident(sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result })] }), options));
    expect(by(sampleResult({ agent: 'claude' }))).toContain('by claude');
    expect(by(sampleResult({ agent: 'claude' }))).not.toContain('no model');
    const fallback = by(sampleResult({ agent: 'claude', outcome: 'fallback', defects: ['report_too_short'] }));
    expect(fallback).toContain('by built-in rules, _no model_ (agent claude wrote next to nothing as its report)');
  });

  test('UX-18: "No cause found" shows what could not be seen and never a number of confidence', () => {
    const summary = {
      evidence: ['the pod is gone'],
      nextSteps: [],
      claimsBacked: 3,
      claims: 7,
      missing: ['logs: forbidden'],
    };
    const result = sampleResult({ cause: null, confidence: null, summary });
    const incident = answeredIncident({ cause: null, confidence: null });
    const message = renderIncident(sampleClaim({ incident, runs: [sampleRun({ result })] }), options);
    const text = textOf(message);
    expect(text).toContain('*No cause found.* What could not be seen:\n• logs: forbidden');
    expect(text).toContain('*Strongest leads*\n• the pod is gone');
    expect(text).not.toMatch(/confidence|claims|%/i);
    expect(message.text).toContain('no cause found');
  });

  test('NOT-2: what is no fault says so', () => {
    const cause = 'No fault: Deployment payments/api is well, 2 of 2 ready.';
    const result = sampleResult({ isFault: false, cause });
    const ended = { status: 'resolved', statusReason: 'no_fault', resolvedAt: sampleTime } as const;
    for (const over of [{ cause }, { cause, severity: 'info', ...ended } as const]) {
      const claim = sampleClaim({ incident: answeredIncident(over), runs: [sampleRun({ result })] });
      const message = renderIncident(claim, options);
      expect(headerOf(message)).toContain('No fault');
      expect(textOf(message)).toContain(`*Answer:* ${cause}`);
      expect(message.text).toContain('no fault found');
      expect(message.text).not.toContain('WARNING');
    }
  });

  test('NOT-2: resolved keeps the cause in a line, with how long it stood and how it ended', () => {
    const incident: Incident = {
      ...answeredIncident(),
      status: 'resolved',
      statusReason: 'cleared',
      resolvedAt: sampleTime + 840_000,
    };
    const message = renderIncident(sampleClaim({ incident, runs: [sampleRun()] }), options);
    expect(headerOf(message)).toMatch(/^✅ Resolved/);
    expect(textOf(message)).toContain('*Cause was:*');
    expect(textOf(message)).toContain('Open 14 min');
    expect(textOf(message)).toContain('the fault is gone');
    expect(message.text).toBe('✅ RESOLVED prod-eu: CrashLoop Deployment payments/api after 14 min');
  });

  test('INT-6: what a person said when they called it over, or wanted it run again, stands where the act stands', () => {
    const act = { id: 'a', incidentId: 'inc_1', by: 'ana', at: sampleTime + 840_000, done: true } as const;
    const over = { status: 'resolved', statusReason: 'by ana', resolvedAt: act.at } as const;
    const said = (comment: string) => ({
      ...sampleClaim({ incident: answeredIncident(over), runs: [sampleRun()] }),
      acts: [{ ...act, kind: 'resolve', comment, runId: null } as const],
    });
    expect(textOf(renderIncident(said('the quota is raised'), options))).toContain('by ana: the quota is raised');
    expect(textOf(renderIncident(said(''), options))).toMatch(/by ana(?!:)/);
    const asked = sampleRun({ id: 'run_2', requestedBy: 'bo', createdAt: sampleTime + 1 });
    const again = sampleClaim({ incident: sampleIncident({ status: 'queued' }), runs: [asked] });
    const why = { ...act, kind: 'rerun', by: 'bo', comment: 'after the rollout', runId: 'run_2' } as const;
    expect(textOf(renderIncident({ ...again, acts: [why] }, options))).toMatch(
      /\*Run again\* by bo <!date[^>]+>: after the rollout/,
    );
    expect(textOf(renderIncident(again, options))).toMatch(/\*Run again\* by bo <!date[^>]+>(?!:)/);
  });

  test('NOT-2: failed says why, reopened how often, a guessed owner that it is one', () => {
    const failed = sampleIncident({ status: 'failed', statusReason: 'disk is full' });
    expect(textOf(renderIncident(sampleClaim({ incident: failed }), options))).toContain(
      '*Could not be investigated.* disk is full',
    );
    const reopened = sampleIncident({ status: 'queued', reopened: 2 });
    expect(textOf(renderIncident(sampleClaim({ incident: reopened }), options))).toContain('reopened ×2');
    const owner = { kind: 'Deployment', namespace: 'payments', name: 'api', certain: false };
    expect(textOf(renderIncident(sampleClaim({ incident: sampleIncident({ owner }) }), options))).toContain(
      'owner by name only',
    );
  });

  test('NOT-1: links only with a public address; without one the message carries a path', () => {
    expect(textOf(renderIncident(answered, options))).toContain(
      '<https://nightcrier.example/i/inc_01K9Z3W8Q4/report|View report>',
    );
    expect(textOf(renderIncident(sampleClaim(), options))).toContain('|Open incident>');
    const message = renderIncident(answered, offline);
    expect(message.blocks.some((block) => block.type === 'actions')).toBe(false);
    expect(textOf(message)).toContain('`/data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html`');
  });

  test('NOT-1: nothing to press where nobody hears of clicks', () => {
    for (const claim of [answered, sampleClaim(), sampleNotice('clusters_unreachable')]) {
      const render = claim.incident === null ? renderNotice : renderIncident;
      expect(render(claim, options).blocks.map(({ type }) => type)).not.toContain('actions');
    }
  });

  test('NOT-3: a possible repeat says so, in the message and on the phone', () => {
    const message = renderIncident(answered, { ...options, repeat: true });
    expect(textOf(message)).toContain('may be a repeat');
    expect(message.text).toMatch(/^\(may be a repeat\)/);
  });

  test('UX-12: text that answers is shown whole, and nothing is unfurled', () => {
    const message = renderIncident(answered, options);
    const sections = message.blocks.filter((block) => block.type === 'section' && block.text !== undefined);
    expect(sections.length).toBeGreaterThan(2);
    for (const block of sections) expect(block).toMatchObject({ expand: true, text: { verbatim: true } });
    expect(message).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });
});

describe('notices', () => {
  test('INT-4: first contact says how many were taken up, and what comes', () => {
    const message = renderNotice(sampleNotice('first_contact'), options);
    expect(headerOf(message)).toBe('👋 First contact · prod-eu · 12 active incidents');
    expect(textOf(message)).toContain('no message of its own');
    expect(slackRefusal(message)).toBeNull();
  });

  test('NOT-6: unreachable and back name the clusters, the code and the time', () => {
    const detail = 'NC-CLUSTER-002 connection refused';
    const unreachable = renderNotice(
      sampleNotice('clusters_unreachable', { clusters: ['a', 'b', 'c', 'd'], detail }),
      options,
    );
    expect(headerOf(unreachable)).toBe('⚠️ nightcrier is blind · 4 clusters');
    expect(textOf(unreachable)).toContain('`a`, `b`, `c`, `d`');
    expect(textOf(unreachable)).toContain(detail);
    const degraded = textOf(renderNotice(sampleAgentNotice('agent_degraded'), options));
    expect(degraded).toContain('Agent claude is not used for now');
    expect(degraded).toContain('timed_out: after 600 s');
    const back = renderNotice(sampleNotice('clusters_back'), options);
    expect(headerOf(back)).toBe('✅ nightcrier sees again · prod-eu');
    expect(textOf(back)).toContain('for 10 min');
    expect(back.metadata.event_payload).toMatchObject({ delivery_id: 'dlv_01K9Z3X01' });
  });

  test('NOT-6: a thousand unreachable clusters fit, and what is cut says so', () => {
    const clusters = Array.from({ length: 1000 }, (_, index) => `cluster-${index}`);
    const message = renderNotice(sampleNotice('clusters_unreachable', { clusters }), options);
    expect(slackRefusal(message)).toBeNull();
    expect(textOf(message)).toContain('and 980 more');
    expect(textOf(message)).toContain('Some of this was cut');
  });
});

describe('the details', () => {
  test.each([
    ['kubectl y', '`kubectl x` — undo: `kubectl y`'],
    ['keep it before: kubectl y', '`kubectl x` — can be undone'],
    [null, '`kubectl x` — can be undone'],
  ])('NOT-1: a step says how it is undone where a command does it: %s', (undo, shown) => {
    const nextSteps = [{ text: 'Roll back', command: 'kubectl x', reversible: true, undo }];
    const result = sampleResult({ summary: { evidence: [], nextSteps, claimsBacked: 1, claims: 1, missing: [] } });
    const claim = sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result })] });
    expect(textOf(renderIncident(claim, options))).toContain(shown);
  });

  test('NOT-1: the thread has every finding and gap that its message has not', () => {
    const summary = {
      evidence: Array.from({ length: 8 }, (_, index) => `finding ${index}`),
      nextSteps: [{ text: 'Roll back', command: 'kubectl x', reversible: false }],
      claimsBacked: 3,
      claims: 3,
      missing: ['metrics of node n3'],
    };
    const claim = sampleClaim({
      incident: answeredIncident(),
      runs: [sampleRun({ result: sampleResult({ summary }) })],
    });
    const parent = textOf(renderIncident(claim, options));
    expect(parent).toContain('_3 of 8 shown, the rest in the thread_');
    const text = textOf(renderThread(claim, null, options)!);
    expect(text).toContain('finding 7');
    expect(text).not.toContain('finding 2');
    expect(parent).toContain('cannot be undone');
    expect(text).toContain('metrics of node n3');
    expect(renderThread(sampleClaim(), null, options)).toBeNull();
  });

  test('UX-12: a report that is too long is cut, counted and linked', () => {
    const evidence = Array.from({ length: 23 }, (_, index) => `finding ${index} ${'x'.repeat(900)}`);
    const summary = { evidence, nextSteps: [], claimsBacked: 0, claims: 0, missing: [] };
    const claim = sampleClaim({
      incident: answeredIncident(),
      runs: [sampleRun({ result: sampleResult({ summary }) })],
    });
    const message = renderThread(claim, null, options)!;
    expect(slackRefusal(message)).toBeNull();
    expect(messageSize(message.blocks)).toBeLessThanOrEqual(maxMessageCharacters);
    expect(textOf(message)).toMatch(
      /_Cut: \d+ of 20 under More evidence shown\._ The whole: <https:\/\/nightcrier\.example/,
    );
  });
});

describe('hostile input', () => {
  const bits = [
    '`',
    '```',
    '*',
    '_',
    '~',
    '<',
    '>',
    '&',
    '&amp;',
    '<!channel>',
    '<!here>',
    '@here',
    '<@U1>',
    '<#C1>',
    '|',
    '\n',
    '\r\n',
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '"',
    '\\',
    '😀',
    '\ud800',
    ' ',
    '> quote',
    '<https://evil.example|click>',
    'https://evil.example',
    ':fire:',
    '{{x}}',
    'word',
  ];
  const hostile = fc.array(fc.constantFrom(...bits), { maxLength: 40 }).map((parts) => parts.join(''));
  const long = fc
    .tuple(hostile, fc.constantFrom(1, 50, 3000))
    .map(([text, times]) => (text === '' ? 'x' : text).repeat(times).slice(0, 100_000));
  const anyText = fc.oneof(
    hostile,
    long,
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constant('&'.repeat(100_000)),
  );

  const keptAnswers = fc
    .option(
      fc.record({ text: anyText, lines: fc.array(anyText, { maxLength: 8 }), items: fc.integer({ min: 0, max: 20 }) }),
    )
    .map((given): KeptAnswer | null => {
      if (given === null) return null;
      const { text, lines, items } = given;
      const list = Array.from({ length: items }, () => text);
      const excerpt = { first: 1, lines: lines.map((line) => ({ text: line, marked: true })), times: 2, at: 0 };
      const line = { object: text, field: text, value: text, words: text, quote: text, file: `evidence/${text}` };
      const [cause] = verdictSample().causes;
      const [step] = verdictSample().remediation;
      return {
        verdict: verdictSample({
          causes: list.map((statement) => ({ ...cause!, statement })),
          remediation: list.map((action) => ({ ...step!, action, command: text })),
        }),
        findings: findingsSample({
          evidence: [...list.map(() => ({ ...line, excerpt })), { ...line, excerpt: null }],
          changes: list.map((words) => ({ at: 0, kind: 'event' as const, object: text, words })),
          ruled_out: list,
          possible: list,
          missing: list,
        }),
      };
    });
  const people = fc.record({
    silence: fc.option(fc.record({ by: anyText, at: fc.constant(0), until: fc.option(fc.constant(60_000)) })),
    feedback: fc.array(
      fc.record({ rating: fc.constantFrom('right', 'wrong'), by: anyText, at: fc.constant(0), comment: anyText }),
      { maxLength: 6 },
    ),
  });

  const claims = fc
    .record({
      text: anyText,
      name: anyText,
      status: fc.constantFrom('open', 'investigating', 'reported', 'resolved', 'failed', 'skipped'),
      cause: fc.option(anyText),
      items: fc.integer({ min: 0, max: 60 }),
      isFault: fc.boolean(),
    })
    .map(({ text, name, status, cause, items, isFault }) => {
      const list = Array.from({ length: items }, () => text);
      const summary = {
        evidence: list,
        nextSteps: list.map((item) => ({ text: item, command: name, reversible: false })),
        claimsBacked: items,
        claims: items,
        missing: list,
      };
      const result = sampleResult({
        isFault,
        cause,
        agent: name,
        error: text,
        defects: [text],
        outcome: 'fallback',
        summary,
      });
      const owner = { kind: name, namespace: text, name, certain: false };
      const incident = answeredIncident({
        status,
        cause,
        environment: text,
        owner,
        statusReason: text,
        report: `/${name}`,
        title: text,
        titleFault: { faultType: `${name}0`, severity: 'critical', firstSeen: 0 },
        resolvedAt: sampleTime + 1,
      });
      const faults = Array.from({ length: 5 }, (_, index) =>
        sampleFault({ faultType: `${name}${index}`, context: text }),
      );
      return sampleClaim({ incident, faults, runs: [sampleRun({ result })] });
    });

  /** Read aloud as they are: no marks are read there. */
  const withoutLabels = (key: string, value: unknown): unknown => (key === 'accessibility_label' ? undefined : value);

  function expectInert(message: SlackMessage): void {
    expect(slackRefusal(message)).toBeNull();
    expect(messageSize(message.blocks)).toBeLessThanOrEqual(maxMessageCharacters);
    expect(message.text).not.toBe('');
    expect(message.text.length).toBeLessThanOrEqual(200);
    const own = /<!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9TZ:.-]+>|<https:\/\/nightcrier\.example[^<>]*>/g;
    const texts = message.blocks.flatMap((block) =>
      block.type === 'header' ? [] : [JSON.stringify(block, withoutLabels)],
    );
    expect(message.text.isWellFormed()).toBe(true);
    for (const text of [message.text, ...texts]) {
      expect(text).not.toContain('\\ud800');
      expect(text.replace(own, '')).not.toMatch(/[<>]/);
      expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  }

  test('UX-12: whatever a cluster says, every payload is within the limits and inert', () => {
    fc.assert(
      fc.property(claims, keptAnswers, people, fc.constantFrom(options, offline), (claim, kept, notes, how) => {
        expectInert(renderIncident(claim, how));
        expectInert(renderIncident(claim, { ...how, interactive: true, people: notes, version: claim.delivery.id }));
        const thread = renderThread(claim, kept, how);
        if (thread !== null) expectInert(thread);
      }),
      { numRuns: 150 },
    );
  });

  test('UX-12: the same for notices', () => {
    fc.assert(
      fc.property(anyText, fc.array(anyText, { maxLength: 50 }), (detail, clusters) => {
        for (const kind of ['first_contact', 'clusters_unreachable', 'clusters_back', 'agent_degraded'] as const) {
          expectInert(renderNotice(sampleNotice(kind, { detail, clusters }), options));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('UX-12: whatever is cut says so and links', () => {
    const incident = answeredIncident({ cause: 'x'.repeat(100_000) });
    const message = renderIncident(sampleClaim({ incident, runs: [sampleRun()] }), options);
    expect(textOf(message)).toContain(
      '_Some of this was cut._ The whole: <https://nightcrier.example/i/inc_01K9Z3W8Q4/report|report>',
    );
    expect(textOf(renderIncident(answered, options))).not.toContain('was cut');
  });
});
