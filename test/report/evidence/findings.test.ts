import { describe, expect, test } from 'vitest';
import { findingsOf, findingsOfAgent } from '../../../src/report/evidence/findings.ts';
import type { Verdict } from '../../../src/domain/verdict/verdict.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { evidenceSample, sampleLog, verdictSample } from '../../support/report-sample.ts';
import { findingsSchema, noDetails } from '../../../src/domain/verdict/findings.ts';

const files = [{ path: sampleLog, text: 'starting\nfatal: DB_URL is required\nbye\n' }];
const ours = {
  verdict: verdictSample(),
  findings: findingsSample({
    ruled_out: ['a: b'],
    changes: [{ at: 1, kind: 'event', object: 'o', words: 'w' }],
    read_at: 7,
    impact: impactSample(),
  }),
};
const checked = (verdict: Verdict) => ({
  verdict,
  remarks: ['one was lowered'],
  claims: 2,
  claimsBacked: 1,
  refuted: [],
});

describe('UX-21: what is shown beside the verdict of an agent', () => {
  test('its own evidence in its place; how far was read and what changed from the rules; what is ruled out where both agree', () => {
    const found = findingsOfAgent(checked(verdictSample()), ours, files);
    expect(found.evidence.map(({ words }) => words)).toEqual(['Pod payments/api-7c4-x1, log of container api, line 2']);
    expect(found).toMatchObject({ ruled_out: ['a: b'], changes: ours.findings.changes, read_at: 7, claims_backed: 1 });
    expect(found.remarks).toEqual(['one was lowered']);
  });

  test('where it blames another object, the reasons of the rules are not its own', () => {
    const [cause] = verdictSample().causes;
    const other = verdictSample({ causes: [{ ...cause!, entity: { kind: 'Node', namespace: null, name: 'n1' } }] });
    const found = findingsOfAgent(checked(other), ours, files);
    expect(found).toMatchObject({ ruled_out: [], chain: [], possible: [], changes: ours.findings.changes });
    expect(found.evidence).toHaveLength(1);
  });

  test('QUA-4: what still serves is counted by the rules, whatever it blames; without them it is not made up', () => {
    const [cause] = verdictSample().causes;
    const other = verdictSample({ causes: [{ ...cause!, entity: { kind: 'Node', namespace: null, name: 'n1' } }] });
    expect(findingsOfAgent(checked(other), ours, files).impact).toEqual(impactSample());
    expect(findingsOfAgent(checked(other), null, files).impact).toBeNull();
  });

  test('QUA-4: findings of an older version do not say what still serves', () => {
    const { impact: _, ...older } = findingsSample();
    expect(findingsSchema.parse(JSON.parse(JSON.stringify(older))).impact).toBeNull();
    const now = findingsSample({ impact: impactSample({ at: 7 }) });
    expect(findingsSchema.parse(JSON.parse(JSON.stringify(now)))).toEqual(now);
  });

  test('nothing that it blames is ruled out: neither by another mechanism of the object, nor as one of its other causes', () => {
    const [cause] = verdictSample().causes;
    const known = {
      ...ours,
      findings: findingsSample({ ruled_out: ['an error of the code: none', 'Node n1: is well'] }),
    };
    const otherwise = verdictSample({ causes: [{ ...cause!, mechanism: 'app_exit' }] });
    expect(findingsOfAgent(checked(otherwise), known, files).ruled_out).toEqual([]);
    const node = { ...cause!, rank: 2, entity: { kind: 'Node', namespace: null, name: 'n1' } };
    const more = verdictSample({ causes: [cause!, node] });
    expect(findingsOfAgent(checked(more), known, files).ruled_out).toEqual(['an error of the code: none']);
  });

  test('when both find none, what the rules have seen stands there; without the rules, nothing is made up', () => {
    const none = verdictSample({ causes: [] });
    const seen = { verdict: none, findings: findingsSample({ evidence: [evidenceSample()] }) };
    expect(findingsOfAgent(checked(none), seen, files).evidence).toEqual([evidenceSample()]);
    expect(findingsOfAgent(checked(none), null, files)).toMatchObject({ evidence: [], changes: [], health: '' });
  });
});

test('UX-21: evidence of the other causes stands beside that of the first, each once', () => {
  const [cause] = verdictSample().causes;
  const shared = { file: sampleLog, quote: 'DB_URL is required' };
  const own = { file: sampleLog, quote: 'bye' };
  const verdict = verdictSample({ causes: [cause!, { ...cause!, rank: 2, evidence: [shared, own] }] });
  const found = findingsOf({ verdict, details: noDetails, files, since: 0 });
  expect(found.evidence.map(({ quote }) => quote)).toEqual(['DB_URL is required']);
  expect(found.more_evidence.map(({ quote }) => quote)).toEqual(['bye']);
});
