import { describe, expect, test } from 'vitest';
import type { IncidentAct } from '../../../src/domain/people/incident-act.ts';
import type { Delivery, Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { messageSize } from '../../../src/notify/slack/message.ts';
import {
  isSameNews,
  type KeptAnswer,
  newsMetadata,
  renderThread,
  renderThreadLine,
  threadNews,
} from '../../../src/notify/slack/thread.ts';
import { sampleClaim, sampleAgentNotice, sampleNotice } from '../../support/claim-sample.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { verdictSample } from '../../support/report-sample.ts';
import { slackRefusal } from '../../support/slack-block-check.ts';
import {
  answeredIncident,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
} from '../../support/incident-samples.ts';

const post = { channel: 'C0123456', ts: '1700000000.000100' };
const answerAt = sampleTime + 164_000;

/** A claim after a message in `state`, written at `at`, has arrived. */
function claimAfter(incident: Incident, previous: { state: string; at: number } | null): DeliveryClaim {
  const claim = sampleClaim({ incident, runs: [sampleRun()] });
  const before: Delivery | null =
    previous === null ? null : { ...claim.delivery, id: 'dlv_before', state: previous.state, createdAt: previous.at };
  return { ...claim, post, previous: before };
}

const resolved = (over: Partial<Incident> = {}): Incident =>
  answeredIncident({ status: 'resolved', statusReason: 'cleared', resolvedAt: answerAt + 600_000, ...over });

describe('NOT-1: what a thread is told, in order', () => {
  test.each<[string, Incident, { state: string; at: number } | null, string[]]>([
    ['opened', sampleIncident(), null, []],
    ['investigating', sampleIncident({ status: 'investigating' }), { state: 'queued', at: 0 }, []],
    ['answered', answeredIncident(), { state: 'investigating', at: 0 }, ['details']],
    ['answered, told before', answeredIncident(), { state: 'reported', at: answerAt + 1 }, []],
    ['resolved', resolved(), { state: 'reported', at: answerAt + 1 }, ['resolved']],
    ['answered and resolved at once', resolved(), { state: 'investigating', at: 0 }, ['details', 'resolved']],
    ['resolved, told before', resolved(), { state: 'resolved', at: answerAt + 1 }, []],
    ['resolved, with no post before', resolved(), null, ['details']],
    [
      'back',
      answeredIncident({ status: 'queued', reopened: 1 }),
      { state: 'resolved', at: answerAt + 1 },
      ['reopened'],
    ],
    ['failed', sampleIncident({ status: 'failed' }), { state: 'investigating', at: 0 }, []],
  ])('%s', (_what, incident, previous, news) => {
    expect(threadNews(claimAfter(incident, previous))).toEqual(news);
  });

  test('NOT-6: clusters that are back are told in the thread of the message that answered for them', () => {
    const answers = { key: 'clusters_unreachable:prod-eu', stillUnreachable: 0 };
    const back = sampleNotice('clusters_back', { answers });
    expect(threadNews({ ...back, post })).toEqual(['back']);
    expect(threadNews({ ...back, post: null })).toEqual([]);
    expect(threadNews({ ...sampleNotice('clusters_back'), post })).toEqual([]);
  });
});

describe('NOT-3: a message of a thread is found again by its type and mark', () => {
  const reported = answeredIncident();
  const found = (incident: Incident, news: 'details' | 'resolved' | 'reopened') =>
    newsMetadata(claimAfter(incident, null), news);

  test('the same news of another attempt is the same', () => {
    expect(isSameNews(found(reported, 'details'), found({ ...reported, seq: 9 }, 'details'))).toBe(true);
    expect(isSameNews(found(resolved(), 'resolved'), found(resolved(), 'resolved'))).toBe(true);
  });

  test.each([
    ['another answer', found(reported, 'details'), found({ ...reported, reportedAt: answerAt + 1 }, 'details')],
    ['another end', found(resolved(), 'resolved'), found(resolved({ resolvedAt: answerAt }), 'resolved')],
    [
      'another return',
      found({ ...reported, reopened: 1 }, 'reopened'),
      found({ ...reported, reopened: 2 }, 'reopened'),
    ],
    ['other news', found(resolved(), 'details'), found(resolved(), 'resolved')],
  ])('%s is not the same', (_what, a, b) => {
    expect(isSameNews(a, b)).toBe(false);
  });

  test('UX-7: metadata holds ids and numbers only: every member of the workspace can read it', () => {
    const { event_payload: payload } = found(answeredIncident({ cause: 'a cause', title: 'a title' }), 'details');
    expect(Object.keys(payload).sort()).toEqual(['delivery_id', 'incident_id', 'mark', 'seq']);
  });

  test('a notice is marked by its delivery', () => {
    const notice = sampleNotice('clusters_back');
    expect(newsMetadata(notice, 'back').event_payload).toEqual({
      delivery_id: notice.delivery.id,
      mark: notice.delivery.id,
    });
  });
});

describe('the lines of a thread', () => {
  const plain = { repeat: false };
  const textOf = (claim: DeliveryClaim, news: 'resolved' | 'reopened' | 'back', options = plain): string =>
    JSON.stringify(renderThreadLine(claim, news, options).blocks);

  test('an end says after how long and why', () => {
    const line = renderThreadLine(claimAfter(resolved(), null), 'resolved', plain);
    expect(line.text).toMatch(/^✅ Resolved after 13 min on prod-eu$/);
    expect(JSON.stringify(line.blocks)).toContain('two sweeps found it no more');
  });

  test('a return says how often', () => {
    const incident = answeredIncident({ status: 'queued', reopened: 3 });
    expect(textOf(claimAfter(incident, null), 'reopened')).toContain('Reopened ×3* · the fault is back, it is');
  });

  const act: IncidentAct = {
    id: 'act_1',
    incidentId: 'inc_01K9Z3W8Q4',
    kind: 'resolve',
    by: 'ana <!channel>',
    at: answerAt + 600_000,
    comment: 'the *quota* is raised & <@U1>',
    done: true,
    runId: null,
  };
  const escaped = 'the ∗quota∗ is raised &amp; &lt;@U1&gt;';

  test('INT-6: an end that a person called says who and with which words, and nothing of it is markup', () => {
    const ended = { ...claimAfter(resolved({ statusReason: `by ${act.by}` }), null), acts: [act] };
    expect(textOf(ended, 'resolved')).toContain(`by ana &lt;!channel&gt;: ${escaped}`);
  });

  test('INT-6: a return of what a person had called over says which fault it is, who had, and with which words', () => {
    const resource = { kind: 'Pod', namespace: 'shop', name: 'cart-1' };
    const how = { endReason: `by ${act.by}`, endedAt: act.at, goesOn: true };
    const reopenings = [{ at: answerAt + 900_000, faultType: 'CrashLoop', resource, ...how }];
    const incident = answeredIncident({ status: 'queued', reopened: 1, reopenings });
    const line = textOf({ ...claimAfter(incident, null), acts: [act] }, 'reopened');
    expect(line).toContain(
      `CrashLoop on Pod shop/cart-1 goes on, and ana &lt;!channel&gt; had called it over: ${escaped}, it is investigated anew`,
    );
  });

  test.each([
    [1, '1 cluster of this message is'],
    [2, '2 clusters of this message are'],
  ])('of %i clusters that are not back it says so', (stillUnreachable, words) => {
    const told = (left: number): string =>
      textOf(sampleNotice('clusters_back', { answers: { key: 'k', stillUnreachable: left } }), 'back');
    expect(told(stillUnreachable)).toContain(words);
    expect(told(0)).not.toContain('of this message');
  });

  test('TRI-7: an agent that works again is told with downtime and count', () => {
    const answers = { key: 'agent_degraded:claude:1', stillUnreachable: 0 };
    const told = sampleAgentNotice('agent_recovered', { answers });
    expect(threadNews({ ...told, post: { channel: 'C1', ts: '1.0' } })).toEqual(['back']);
    expect(textOf(told, 'back')).toContain(
      'Agent claude works again · It was not used for 10 min; 5 runs were answered',
    );
  });

  test('UX-14: what may have been said before is marked', () => {
    const claim = claimAfter(resolved(), null);
    expect(textOf(claim, 'resolved', { repeat: true })).toContain('may be a repeat');
    expect(textOf(claim, 'resolved')).not.toContain('may be a repeat');
  });

  test('a notice without its text is a mistake of ours', () => {
    expect(() => textOf(sampleClaim({ incident: null }), 'back')).toThrow('without its text');
  });
});

describe('UX-12: the details keep the limits of a message and say what was cut', () => {
  const links = { publicUrl: null, repeat: false };
  const step = { text: 'Roll back', command: 'kubectl rollout undo', reversible: true };

  function details(
    evidence: readonly string[],
    over: Partial<Parameters<typeof sampleResult>[0]> = {},
    kept: KeptAnswer | null = null,
    how: { publicUrl: string | null; repeat: boolean } = links,
  ) {
    const summary = { evidence, nextSteps: [step], claims: 1, claimsBacked: 1, missing: ['metrics of n1'] };
    const run = sampleRun({ result: sampleResult({ summary, ...over }) });
    return renderThread(sampleClaim({ incident: answeredIncident(), runs: [run] }), kept, how);
  }

  test('NOT-1: what the message above says is not said again', () => {
    const text = JSON.stringify(details(['one', 'two', 'three', 'four'])?.blocks);
    expect(text).toContain('*More evidence*\\n• four');
    expect(text).toContain('*Not seen*\\n• metrics of n1');
    for (const words of ['one', 'two', 'three', 'Roll back', answeredIncident().cause ?? '', 'Cut:']) {
      expect(text).not.toContain(words);
    }
    const nothing = { evidence: ['one'], nextSteps: [step], claims: 1, claimsBacked: 1, missing: [] };
    expect(details([], { summary: nothing })).toBeNull();
  });

  test('NOT-1: the log around the quoted line, what changed, what was ruled out, other causes, more steps, and the files', () => {
    const verdict = verdictSample({
      causes: [...verdictSample().causes, { ...verdictSample().causes[0]!, rank: 2, statement: 'The proxy is full' }],
      remediation: [1, 2, 3, 4].map((at) => ({ ...verdictSample().remediation[0]!, action: `Step ${at}` })),
    });
    const excerpt = {
      first: 7,
      lines: [
        { text: 'starting', marked: false },
        { text: '  panic: ```no``` <!channel>', marked: true },
      ],
      times: 3,
      at: sampleTime,
    };
    const evidence = [
      {
        file: 'evidence/logs/cart one.txt',
        quote: 'panic',
        object: null,
        field: null,
        value: null,
        words: 'Log of cart-1',
        excerpt,
      },
    ];
    const findings = findingsSample({
      evidence,
      changes: [{ at: sampleTime, kind: 'rollout', object: 'Deployment shop/cart', words: 'revision 3 rolled out' }],
      ruled_out: ['The node is full: it is not.'],
      possible: ['DNS'],
    });
    const message = details(
      ['one'],
      {},
      { verdict, findings },
      { publicUrl: 'https://nightcrier.example', repeat: false },
    );
    const texts = (message?.blocks ?? []).flatMap(
      (block) => JSON.parse(JSON.stringify(block)) as { text?: { text: string } },
    );
    expect(texts.map(({ text }) => text?.text).filter((text) => text !== undefined)).toEqual([
      expect.stringMatching(
        /^\*Log of cart-1\*, 3 times, <!date\^\S+ .*\n```\n {2}starting\n▶ panic: ʼʼʼnoʼʼʼ &lt;!channel&gt;\n```$/,
      ),
      expect.stringMatching(/^\*What changed before\*\n• <!date\S+ .*> Deployment shop\/cart revision 3 rolled out$/),
      '*Ruled out*\n• The node is full: it is not.',
      '*Not ruled out*\n• DNS',
      '*Other causes, less likely*\n• The proxy is full',
      expect.stringMatching(/^\*More steps\*\n4\. Step 4/),
    ]);
    expect(JSON.stringify(message?.blocks.at(-1))).toContain(
      `/i/${answeredIncident().id}/files/evidence/logs/cart%20one.txt|logs/cart one.txt>`,
    );
    expect(slackRefusal(message!)).toBeNull();
  });

  test('a long one ends within the limit, and says how many of how many are shown', () => {
    const message = details(Array.from({ length: 200 }, (_, i) => `finding ${i} ${'x'.repeat(200)}`));
    expect(messageSize(message?.blocks ?? [])).toBeLessThanOrEqual(12_000);
    expect(message?.blocks.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(message?.blocks)).toMatch(/Cut: \d+ of 197 under More evidence/);
  });

  test('a finding that is too long is cut, and the message says where the whole is', () => {
    const text = JSON.stringify(details(['', '', '', 'y'.repeat(5000)])?.blocks);
    expect(text).toContain('Some of this was cut');
    expect(text).toContain('investigation.html');
  });

  test('no answer, no details', () => {
    expect(renderThread(sampleClaim({ incident: sampleIncident(), runs: [] }), null, links)).toBeNull();
  });
});
