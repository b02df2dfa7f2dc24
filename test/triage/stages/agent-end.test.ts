import { expect, test } from 'vitest';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import type { Defect } from '../../../src/triage/output/defects.ts';
import { agentEnd } from '../../../src/triage/stages/agent-end.ts';
import type { RunContext } from '../../../src/triage/stages/run-context.ts';
import { FakeAnalyst } from '../../support/fake-analyst.ts';
import { admitted, runSample } from '../../support/run-context.ts';
import { agentChoice, breakerPolicy } from '../../support/triage-bench.ts';

const agentRun: SpawnResult = {
  reason: 'exit',
  exitCode: 3,
  exitSignal: null,
  stdout: '',
  stderr: '',
  droppedBytes: 0,
  durationMs: 1,
  error: null,
};
const delivered = (outcome: 'answered' | 'fallback') => ({ outcome }) as RunContext['delivered'];
const found = (...defects: Defect[]) => defects.map((defect) => ({ defect, detail: 'x' }));
const { evidence } = new FakeAnalyst();

test.each<[string, Partial<RunContext>, string]>([
  ['answered', { delivered: delivered('answered') }, 'worked'],
  ['ended with another code', { defects: found('exit_nonzero') }, 'failed'],
  ['could not be started by its engine', { defects: found('not_started') }, 'failed'],
  ['took too long', { defects: found('timed_out', 'report_missing') }, 'failed'],
  ['wrote no report', { defects: found('report_missing', 'verdict_missing') }, 'failed'],
  ['used up its budget', { defects: found('over_budget', 'exit_nonzero') }, 'not_counted'],
  ['was over the budget before', { admission: null, agentRun: null, defects: found('over_budget') }, 'not_counted'],
  ['was held back by its breaker', { admission: null, agentRun: null, defects: found('breaker_open') }, 'refused'],
  ['was not started for want of a workspace', { agentRun: null, defects: found('not_started') }, 'not_counted'],
  [
    'outlived the process too often',
    { admission: null, agentRun: null, defects: found('too_many_attempts') },
    'not_counted',
  ],
  ['could not be checked by us', { defects: found('check_failed') }, 'not_counted'],
  [
    'looked at a cluster that does not answer',
    { defects: found('timed_out'), evidence: { files: [], missing: ['pods: no answer'], apiCalls: 3 } },
    'not_counted',
  ],
])('TRI-7: an agent that %s', async (_name, change, end) => {
  const agent = agentChoice({ cli: 'custom', command: ['a'] });
  const base = { agent, agentRun, evidence, admission: admitted(), delivered: delivered('fallback') };
  const { context } = await runSample({ ...base, ...change });
  expect(agentEnd(context, breakerPolicy)).toMatchObject({ agent: 'custom', end, breaker: breakerPolicy });
});

test('TRI-7: the analyst has no breaker; a failure is told in one line', async () => {
  const builtin = await runSample({ delivered: delivered('answered') });
  expect(agentEnd(builtin.context, breakerPolicy)).toBeNull();
  const agent = agentChoice({ cli: 'custom', command: ['a'] });
  const defects = [{ defect: 'exit_nonzero', detail: 'code 3:\nno such model' }] as const;
  const failed = await runSample({ agent, agentRun, admission: admitted(), defects });
  expect(agentEnd(failed.context, breakerPolicy)?.detail).toBe('exit_nonzero: code 3: no such model');
});
