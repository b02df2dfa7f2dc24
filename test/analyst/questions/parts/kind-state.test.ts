import { expect, test } from 'vitest';
import { answerQuestion } from '../../../../src/analyst/questions/answer-question.ts';
import { kindsIn } from '../../../../src/analyst/questions/view/asked-kinds.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

/** An incident whose namespace has so many claims, none of which it has to do with. */
async function withClaims(count: number): Promise<KeptIncident> {
  const kept = await keptIncident('recordings/001-missing-env');
  const files = Array.from({ length: count }, (_, at) => {
    const metadata = { name: `data-${at}`, namespace: 'shop', uid: `u${at}` };
    const object = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, status: { phase: 'Bound' } };
    return { path: `evidence/objects/shop/PersistentVolumeClaim/data-${at}.json`, text: JSON.stringify(object) };
  });
  return { ...kept, files: [...kept.files, ...files] };
}

test('NOT-5: a few objects of the kind are told, each', async () => {
  const { text } = answerQuestion({ kept: await withClaims(3), text: 'status of the pvc' });
  for (const name of ['data-0', 'data-1', 'data-2']) expect(text).toContain(`PersistentVolumeClaim shop/${name}: `);
  expect(text).not.toContain('Ask for one');
});

test('NOT-5: of many it asks which, and says how', async () => {
  const { text, understood } = answerQuestion({ kept: await withClaims(12), text: 'are the pvcs all right, status' });
  expect(understood).toBe(true);
  expect(text).toContain('There are 12 PersistentVolumeClaims in the evidence: PersistentVolumeClaim shop/data-0, ');
  expect(text).toContain('and 2 more. Ask for one by its name, such as: status of pvc/data-0');
});

test('NOT-5: a name chooses among them', async () => {
  const { text } = answerQuestion({ kept: await withClaims(12), text: 'status of pvc/data-7' });
  expect(text).toContain('PersistentVolumeClaim shop/data-7: ');
  expect(text).not.toContain('data-8');
});

test.each([
  ['status of the pvc', ['PersistentVolumeClaim']],
  ['is the HPA ok or the pdb', ['HorizontalPodAutoscaler', 'PodDisruptionBudget']],
  ['how are the certificates', ['Certificate']],
  ['is the certificate fine', ['Certificate']],
  ['no status, limits and pods of the node', []],
  ['', []],
])('NOT-5: kinds of %j: %j', (question, kinds) => {
  expect(kindsIn(question, ['Pod', 'Certificate'])).toEqual(kinds);
});

test.each([
  ['pvc', ['PersistentVolumeClaim']],
  ['tell me about the ingress', ['Ingress']],
  ['nice job', []],
  ['customer service called', []],
])('NOT-5: alone, a kind is asked about where the words say so: %j', (question, kinds) => {
  expect(kindsIn(question, [], true)).toEqual(kinds);
});
