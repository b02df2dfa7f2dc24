import { describe, expect, test } from 'vitest';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import { analystRequest } from '../../../src/domain/decide/analyst-request.ts';
import type { RunContext } from '../../../src/triage/stages/run-context.ts';
import { validateStage } from '../../../src/triage/stages/validate.ts';
import { FakeAnalyst, reportOf, verdictOf } from '../../support/fake-analyst.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { admitted, runSample } from '../../support/run-context.ts';
import { agentChoice } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const agent = agentChoice({ cli: 'custom', command: ['a'] });
const failed: SpawnResult = {
  reason: 'exit',
  exitCode: 1,
  exitSignal: null,
  stdout: '',
  stderr: '',
  droppedBytes: 0,
  durationMs: 1,
  error: null,
};

/** The run after this stage, when the agent left nothing. */
async function validated(change: Partial<RunContext>) {
  const analyst = new FakeAnalyst();
  const sample = await runSample({ agent, evidence: analyst.evidence });
  const { incident, faults } = sample.context.claim;
  const builtin = await analyst.analyse(analystRequest(incident, faults, []), analyst.evidence);
  const next = await validateStage(analyst).run({ ...sample.context, builtin, ...change }, never);
  return { names: next.defects.map(({ defect }) => defect), defects: next.defects, delivered: next.delivered };
}

describe('INT-4, UX-18: an agent that was held back', () => {
  test.each([
    ['over_budget', 'The agent `custom` is over its budget: why not'],
    ['breaker_open', 'The agent `custom` is not used for now: why not'],
  ] as const)('%s: the report of the analyst says so', async (defect, words) => {
    const { names, delivered } = await validated({ defects: [{ defect, detail: 'why not' }] });
    expect(names).toEqual([defect]);
    expect(delivered?.outcome).toBe('fallback');
    expect(delivered?.markdown).toContain(words);
  });

  test('one that used up its budget during the run: that is the reason of what it left undone', async () => {
    const admission = admitted({ usd: 0.5, tokens: null });
    const tokens = { input: 10, cached: 0, output: 10 };
    admission.meter.add({ provider: 'openai', model: 'm-1', tokens, usd: 0.6 });
    const { names, defects } = await validated({ admission, agentRun: failed });
    expect(names[0]).toBe('over_budget');
    expect(names).toContain('exit_nonzero');
    expect(defects[0]?.detail).toBe('$0.60 of the $0.50 that the run could spend');
  });

  test('one that spent within its budget failed for another reason', async () => {
    const { names } = await validated({ admission: admitted({ usd: 0.5, tokens: 100 }), agentRun: failed });
    expect(names).not.toContain('over_budget');
    expect(names).toContain('exit_nonzero');
  });

  test('when nobody could say whether it may be started, that is the reason', async () => {
    const { defects } = await validated({ failures: [{ stage: 'admission', error: 'no space left on device' }] });
    expect(defects).toEqual([{ defect: 'not_started', detail: 'no space left on device' }]);
  });
});

test('QUA-4: above the words of an agent stands what the rules counted, with names as text', async () => {
  const analyst = new FakeAnalyst();
  const { context } = await runSample({ agent, evidence: analyst.evidence, agentRun: { ...failed, exitCode: 0 } });
  const { incident, faults } = context.claim;
  const builtin = await analyst.analyse(analystRequest(incident, faults, []), analyst.evidence);
  const workloads = [{ object: 'Deployment shop/*x*', ready: 0, pods: 3 }];
  const impact = impactSample({ at: 0, workloads });
  await context.workspace.write('output/investigation.md', reportOf('the agent'));
  const path = analyst.evidence.files[0]?.path ?? null;
  await context.workspace.write('output/verdict.json', JSON.stringify(verdictOf(path)));
  const counted = { ...builtin, findings: { ...builtin.findings, impact } };
  const { delivered } = await validateStage(analyst).run({ ...context, builtin: counted }, never);
  expect(delivered).toMatchObject({ outcome: 'answered', findings: { impact } });
  expect(delivered?.markdown).toMatch(
    /^> \*\*Impact \(1970-01-01 00:00:00 UTC\):\*\* 0 of 3 pods of Deployment shop\/\\\*x\\\* are ready\.\n\n/,
  );
});

test('TRI-5: the report names the runbooks that fit, as text', async () => {
  const match = { faultTypes: [], kinds: [], namespaces: [], clusters: [], labels: {} };
  const title = 'Carts `x` [y](http://evil.test)';
  const { delivered } = await validated({
    agentRun: failed,
    runbooks: [{ path: '/srv/carts.md', title, match, text: 't' }],
  });
  expect(delivered?.markdown).toMatch(
    /^> \*\*Runbooks that match\*\*\n>\n> - `Carts 'x' \[y\]\(http:\/\/evil\.test\)` \(`\/srv\/carts\.md`\)\n/,
  );
});
