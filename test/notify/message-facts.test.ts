import { describe, expect, test } from 'vitest';
import type { Incident, RunResult } from '../../src/domain/records.ts';
import { backWords } from '../../src/notify/content/headline.ts';
import { messageFacts, stateSymbol } from '../../src/notify/message-facts.ts';
import { sampleClaim } from '../support/claim-sample.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
} from '../support/incident-samples.ts';

const minute = 60_000;

/** The facts of an answered incident whose one run gave this. */
function answered(result: Partial<RunResult> = {}, incident: Partial<Incident> = {}) {
  return messageFacts(
    sampleClaim({ incident: answeredIncident(incident), runs: [sampleRun({ result: sampleResult(result) })] }),
  );
}

function pod(name: string, faultType = 'CrashLoop', count = 1) {
  const resource = { apiVersion: 'v1', kind: 'Pod', namespace: 'payments', name, uid: name };
  return sampleFault({ faultType, count, resource });
}

describe('NOT-2: the state that a message shows', () => {
  test.each([
    ['open', {}, null, 'opened'],
    ['queued', {}, null, 'opened'],
    ['investigating', {}, null, 'investigating'],
    ['reported', { cause: 'a cause' }, sampleResult(), 'answered'],
    ['reported', { cause: null }, sampleResult({ cause: null }), 'inconclusive'],
    ['reported', { cause: 'expected' }, sampleResult({ isFault: false }), 'no_fault'],
    ['reported', { cause: null }, null, 'inconclusive'],
    ['resolved', { cause: 'a cause' }, sampleResult(), 'resolved'],
    ['resolved', { cause: 'well', statusReason: 'no_fault' }, sampleResult({ isFault: false }), 'no_fault'],
    ['failed', {}, sampleResult({ outcome: 'failed' }), 'failed'],
    ['skipped', {}, null, 'skipped'],
  ] as const)('%s with %o and the result %o is %s', (status, over, result, state) => {
    const incident = sampleIncident({ status, ...over });
    expect(messageFacts(sampleClaim({ incident, runs: [sampleRun({ result })] })).state).toBe(state);
  });

  test('a notice has no facts of an incident', () => {
    expect(() => messageFacts(sampleClaim({ incident: null }))).toThrow('without an incident');
  });
});

test.each([
  [true, 'it goes on, ana had called it over'],
  [false, 'it is back, ana had called it over'],
])('INT-6: that a fault goes on (%s) is said alike within the reopen window and after it', (goesOn, words) => {
  const end = { endReason: 'by ana', endedAt: sampleTime - minute, goesOn };
  const { kind, namespace, name } = sampleIncident().resource;
  const reopening = { at: sampleTime, faultType: 'CrashLoop', resource: { kind, namespace, name }, ...end };
  for (const incident of [
    { reopened: 1, reopenings: [reopening] },
    { previousId: 'inc_0', previousEnd: end },
  ]) {
    const facts = messageFacts(sampleClaim({ incident: sampleIncident(incident) }));
    expect(backWords(facts)).toBe(words);
  }
});

describe('NOT-2: what a message says of the fault', () => {
  test.each([
    [[], 'workload'],
    [[pod('a')], 'CrashLoop'],
    [[pod('a', 'CrashLoop', 12)], 'CrashLoop ×12'],
    [[pod('a', 'CrashLoop', 3), pod('b', 'CrashLoop', 4)], 'CrashLoop ×7 (2 pods)'],
    [[pod('a'), pod('a', 'ImagePull', 5)], 'ImagePull ×5, CrashLoop'],
    [
      [pod('a', 'A', 9), pod('a', 'B', 8), pod('a', 'C', 7), pod('a', 'D', 6), pod('a', 'E', 5)],
      'A ×9, B ×8, C ×7 and 2 other types',
    ],
    [[pod('a', 'A', 4), pod('a', 'B', 3), pod('a', 'C', 2), pod('a', 'D', 1)], 'A ×4, B ×3, C ×2 and 1 other type'],
  ])('faults %# are told as %s', (faults, line) => {
    expect(messageFacts(sampleClaim({ faults })).faults).toBe(line);
  });

  test('two faults of something that is no pod are not counted as pods', () => {
    const node = (name: string) =>
      sampleFault({
        faultType: 'NodeUnhealthy',
        resource: { apiVersion: 'v1', kind: 'Node', namespace: null, name, uid: name },
      });
    expect(messageFacts(sampleClaim({ faults: [node('n1'), node('n2')] })).faults).toBe('NodeUnhealthy ×2');
  });

  test.each([
    [{ environment: 'production' }, 'prod-eu (production)'],
    [{ environment: null }, 'prod-eu'],
  ])('the cluster of %o is %s', (over, cluster) => {
    expect(messageFacts(sampleClaim({ incident: sampleIncident(over) })).cluster).toBe(cluster);
  });

  test.each([
    ['payments', 'payments/api'],
    [null, 'api'],
    ['', 'api'],
  ])('an owner in the namespace %s is named %s', (namespace, name) => {
    const owner = { kind: 'Deployment', namespace, name: 'api', certain: true };
    expect(messageFacts(sampleClaim({ incident: sampleIncident({ owner }) })).resourceName).toBe(name);
  });

  test('it is since the first of the faults, as its object tells, or since the opening', () => {
    const faults = [sampleFault({ since: sampleTime - 9 * minute }), sampleFault({ firstSeen: sampleTime - minute })];
    expect(messageFacts(sampleClaim({ faults })).since).toBe(sampleTime - 9 * minute);
    expect(messageFacts(sampleClaim({ faults: [] })).since).toBe(sampleTime);
  });
});

describe('NOT-2, UX-18: what a message says of the answer', () => {
  test.each([
    ['high', 'The evidence shows it directly'],
    ['medium', 'Likely: the evidence points to it, and does not rule everything else out'],
    ['low', 'A lead, not sure: look at it first, and do not rely on it'],
    [null, null],
  ] as const)('confidence %s is said as %s', (confidence, words) => {
    expect(answered({}, { confidence }).confidence).toBe(words);
  });

  test('no cause, no confidence and no backing', () => {
    const facts = answered({ cause: null }, { cause: null });
    expect([facts.confidence, facts.backing]).toEqual([null, null]);
  });

  test.each([
    [3, 3, null],
    [0, 1, '1 of 1 claim not found in the evidence'],
    [2, 3, '1 of 3 claims not found in the evidence'],
    [0, 0, null],
  ])('%i of %i claims', (claimsBacked, claims, words) => {
    const summary = { ...sampleResult().summary!, claimsBacked, claims };
    expect(answered({ summary }).backing).toBe(words);
  });

  test.each([
    [
      { agent: 'builtin', outcome: 'answered' },
      { name: 'built-in rules', model: false, remark: null },
    ],
    [
      { agent: 'claude', outcome: 'answered' },
      { name: 'claude', model: true, remark: null },
    ],
    [
      {
        agent: 'claude',
        outcome: 'fallback',
        defects: ['timed_out', 'report_missing'],
        error: 'timed_out: after 600 s; report_missing: output/investigation.md',
      },
      { name: 'built-in rules', model: false, remark: 'agent claude took longer than its time limit: after 600 s' },
    ],
    [
      {
        agent: 'claude',
        outcome: 'fallback',
        defects: ['verdict_missing'],
        error: 'verdict_missing: output/verdict.json',
      },
      { name: 'built-in rules', model: false, remark: 'agent claude wrote no verdict: output/verdict.json' },
    ],
    [
      {
        agent: 'claude',
        outcome: 'fallback',
        defects: ['over_budget'],
        error: 'over_budget: usd_per_day: $50.12 of $50.00 since 2026-11-20 00:00:00Z',
      },
      {
        name: 'built-in rules',
        model: false,
        remark: 'agent claude is over its budget: usd_per_day: $50.12 of $50.00 since 2026-11-20 00:00:00Z',
      },
    ],
    [
      {
        agent: 'claude',
        outcome: 'fallback',
        defects: ['breaker_open'],
        error: 'breaker_open: 3 failures in a row, tried again at 2026-11-20 09:05:00Z; the last: timed_out',
      },
      {
        name: 'built-in rules',
        model: false,
        remark:
          'agent claude is not used for now: 3 failures in a row, tried again at 2026-11-20 09:05:00Z; the last: timed_out',
      },
    ],
    [
      { agent: 'claude', outcome: 'fallback' },
      { name: 'built-in rules', model: false, remark: 'agent claude gave no usable answer' },
    ],
  ] as const)('the result %o is by %o', (result, by) => {
    expect(answered(result).answeredBy).toEqual(by);
  });

  test('of several runs the one that ended last answers; one that goes on does not', () => {
    const runs = [
      sampleRun({ endedAt: sampleTime + 9 * minute, result: sampleResult({ agent: 'claude' }) }),
      sampleRun({ endedAt: sampleTime + minute, result: sampleResult({ agent: 'codex' }) }),
      sampleRun({ status: 'running', endedAt: null, result: null }),
    ];
    expect(messageFacts(sampleClaim({ incident: answeredIncident(), runs })).answeredBy?.name).toBe('claude');
  });

  test('nobody has answered before the first run ended', () => {
    const facts = messageFacts(sampleClaim({ runs: [sampleRun({ status: 'running', result: null })] }));
    expect([facts.answeredBy, facts.summary, facts.runDuration]).toEqual([null, null, null]);
  });
});

describe('how an incident ended', () => {
  test.each([
    ['cleared', 'the fault is gone, two sweeps found it no more'],
    ['no_fault', 'a person asked, and nothing is wrong'],
    ['self_resolved', 'cleared by itself before it was investigated'],
    ['cluster_removed', 'the cluster was removed from the configuration'],
    ['absorbed_by inc_01K9', 'part of incident inc_01K9'],
    ['by anna', 'by anna'],
  ])('%s is said as "%s"', (statusReason, words) => {
    const incident = sampleIncident({ status: 'resolved', statusReason, resolvedAt: sampleTime + 14 * minute });
    const facts = messageFacts(sampleClaim({ incident }));
    expect([facts.reason, facts.openFor]).toEqual([words, '14 min']);
  });

  test('a failed one says the error of its run, else why it failed', () => {
    const incident = sampleIncident({ status: 'failed', statusReason: 'the run failed' });
    const run = sampleRun({ result: sampleResult({ outcome: 'failed', error: 'the API is gone' }) });
    expect(messageFacts(sampleClaim({ incident, runs: [run] })).reason).toBe('the API is gone');
    expect(messageFacts(sampleClaim({ incident, runs: [] })).reason).toBe('the run failed');
  });

  test('one that goes on has neither', () => {
    const facts = messageFacts(sampleClaim());
    expect([facts.reason, facts.openFor]).toEqual([null, null]);
  });
});

test.each([
  ['opened', 'critical', '🔴'],
  ['investigating', 'warning', '🟠'],
  ['answered', 'info', '🔵'],
  ['failed', 'critical', '🔴'],
  ['resolved', 'critical', '✅'],
  ['skipped', 'critical', '⚪'],
  ['no_fault', 'critical', '🔵'],
] as const)('UX-11: the symbol of %s, %s is %s', (state, severity, symbol) => {
  expect(stateSymbol(state, severity)).toBe(symbol);
});
