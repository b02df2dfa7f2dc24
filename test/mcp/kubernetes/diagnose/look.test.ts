import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/kube/cluster-reader.ts';
import { lookAt } from '../../../../src/mcp/kubernetes/diagnose/look.ts';
import { NotChecked } from '../../../../src/mcp/kubernetes/read/whole-list.ts';
import { ago, now, object, pod, warning } from '../../../support/kube-objects.ts';
import { ObjectsReader } from '../../../support/objects-reader.ts';

const signal = new AbortController().signal;

async function look(objects: readonly KubeObject[], namespace?: string, reader = new ObjectsReader(objects)) {
  const notChecked = new NotChecked();
  const found = await lookAt({ reader, namespace, now, notChecked }, signal);
  return { ...found, ...notChecked.fields(), calls: reader.calls };
}

const waits = pod('waits', {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: ago(300) }],
});

test('every kind of a sweep is read once, of a namespace only what is in one', async () => {
  const all = await look([]);
  expect(all.calls).toHaveLength(13);
  expect(new Set(all.calls).size).toBe(13);
  expect(all).not.toHaveProperty('not_checked');
  const some = await look([], 'shop');
  expect(some.calls).toHaveLength(11);
  expect(some.calls.every((call) => call.endsWith(' shop'))).toBe(true);
  expect(some.not_checked).toEqual(['what has no namespace, such as nodes: one namespace was asked about']);
});

test('a pod for which a node is on its way is no fault; what autoscalers say is read when a pod waits', async () => {
  const up = warning('TriggeredScaleUp', waits, 'pod triggered scale-up', { type: 'Normal', lastTimestamp: ago(60) });
  expect((await look([waits, up])).findings).toEqual([]);
  const { findings, calls } = await look([waits]);
  expect(findings.map(({ type }) => type)).toEqual(['Unschedulable']);
  expect(calls.filter((call) => call.startsWith('list Event'))).toHaveLength(3);
});

test('what is held of an object is what detectors read', async () => {
  const large = object('Node', 'n1', { status: { conditions: [], images: [{ names: ['x'.repeat(1000)] }] } });
  const { surroundings } = await look([large]);
  expect(JSON.stringify(surroundings.objects())).not.toContain('xxx');
});

test('a list that is cut is said, and what it leaves out proves nothing', async () => {
  const reader = new ObjectsReader([
    object('Service', 'empty', { spec: { clusterIP: '10.96.0.1', selector: { app: 'x' } } }),
    waits,
  ]);
  const list = reader.list.bind(reader);
  reader.list = async (...asked) => ({ ...(await list(...asked)), truncated: asked[1] === 'Pod' });
  const { findings, not_checked: missing } = await look([], undefined, reader);
  expect(findings.map(({ type }) => type)).toEqual(['Unschedulable']);
  expect(missing).toEqual(['Pod list: only the first 1 were looked at']);
});
