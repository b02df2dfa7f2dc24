import { expect, test } from 'vitest';
import { nextSteps, undo } from '../../../../src/analyst/questions/parts/next-steps.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import type { Verdict } from '../../../../src/domain/verdict/verdict.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

const step = (action: string, command: string | null, back: string | null): Verdict['remediation'][number] => ({
  action,
  command,
  reversible: true,
  undo: back,
  risk: 'medium',
});

const set = step(
  'Set the variable',
  'kubectl -n shop set env deployment/api A=1',
  'kubectl -n shop set env deployment/api A-',
);
const back = step(
  'Roll api back to 1.4.2',
  'kubectl -n shop rollout undo deployment/api',
  'kubectl -n shop rollout undo deployment/api --to-revision=2',
);
const look = step('Look at it', null, null);
const gone = { ...step('Delete the claim', 'kubectl -n shop delete pvc/data', null), reversible: false };

async function keptWith(remediation: Verdict['remediation']): Promise<KeptIncident> {
  const kept = await keptIncident('recordings/001-missing-env');
  return { ...kept, kubectl: [], verdict: kept.verdict && { ...kept.verdict, remediation } };
}

test('NOT-5: who asks how to roll back gets the steps that do first, by the number of the report', async () => {
  const view = viewOf(await keptWith([set, look, back]), 'how do I roll back');
  expect(nextSteps(view).lines).toEqual([
    '3. Roll api back to 1.4.2 (risk: medium)',
    '$ kubectl -n shop rollout undo deployment/api',
    'If you ran step 3, this takes it back:',
    '$ kubectl -n shop rollout undo deployment/api --to-revision=2',
    '1. Set the variable (risk: medium)',
    '$ kubectl -n shop set env deployment/api A=1',
    'If you ran step 1, this takes it back:',
    '$ kubectl -n shop set env deployment/api A-',
    '2. Look at it (risk: medium)',
  ]);
});

test('NOT-5: a way back stands below the step that it takes back, never alone', async () => {
  const steps = [set, look, back, gone];
  const { lines } = undo(viewOf(await keptWith(steps), 'undo'));
  expect(lines).toContain('Step 4 cannot be taken back.');
  const ways = steps.flatMap(({ command, undo: way }) => (way === null ? [] : [{ command, way }]));
  for (const { command, way } of ways) {
    const at = lines.indexOf(`$ ${command}`);
    expect(lines.slice(at, at + 3)).toEqual([`$ ${command}`, expect.stringMatching(/^If you ran step/), `$ ${way}`]);
  }
});
