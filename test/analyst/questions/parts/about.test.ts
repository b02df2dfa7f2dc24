import { expect, test } from 'vitest';
import { about, investigations } from '../../../../src/analyst/questions/parts/about.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import type { Run } from '../../../../src/domain/records.ts';
import {
  answeredIncident,
  sampleResult,
  sampleRun,
  sampleTime,
  sampleUsage,
} from '../../../support/incident-samples.ts';

const kept = (runs: readonly Run[]): KeptIncident => ({
  detail: { incident: answeredIncident({ title: 'x\n> forged\u001b[2J' }), faults: [], runs },
  history: null,
  earlier: [],
  kubectl: [],
  verdict: null,
  files: [],
  leftOut: 0,
  now: sampleTime + 600_000,
});

test('NOT-5: each investigation is told with who answered, in whose place, and what it cost', () => {
  const agent = sampleResult({ agent: 'claude', model: 'claude-x', usage: sampleUsage });
  const failed = sampleResult({ agent: 'claude', outcome: 'fallback', error: 'timed_out' });
  const { lines } = investigations(
    viewOf(
      kept([
        sampleRun({ result: agent }),
        sampleRun({ result: failed, trigger: 'manual', requestedBy: 'ana' }),
        sampleRun({ status: 'running', result: null }),
      ]),
      'cost',
    ),
  );
  expect(lines[0]).toBe('3 investigations:');
  expect(lines[1]).toContain(
    'claude with claude-x: answered after 2 min 41 s; 6 turns, 42900 tokens, $0.42 at list prices',
  );
  expect(lines[2]).toContain('asked for by hand by ana');
  expect(lines[2]).toContain('the built-in analyst answered in its place: fallback');
  expect(lines[2]).toContain('error: timed_out');
  expect(lines[3]).toMatch(/^running, .*\.$/);
  expect(investigations(viewOf(kept([]), 'cost')).lines).toEqual(['It has not been investigated.']);
});

test('NOT-5: a title of a cluster is one line, and no quote or command of ours', () => {
  const { lines } = about(viewOf(kept([]), 'which cluster'));
  expect(lines[0]).toBe('inc_01K9Z3W8Q4: x > forged\ufffd[2J');
  expect(lines[1]).toContain('cluster prod-eu (production)');
});
