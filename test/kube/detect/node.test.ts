import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext, findingId } from '../../../src/kube/detect/finding.ts';
import { ago, now, object } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);
const condition = (type: string, status: string, reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(300),
});

describe('CON-5: nodes', () => {
  const node = (...conditions: object[]) => object('Node', 'n', { status: { conditions } });

  test('not ready, in the words and with the id of the recorded push server', () => {
    const subject = node(condition('Ready', 'False', 'KubeletNotReady', 'container runtime is down'));
    const [finding] = find({ ...subject, metadata: { name: 'node-b', uid: 'c9d14e97-fe9b-4750-a916-6d7e138aaf33' } });
    expect(finding).toMatchObject({
      type: 'NodeUnhealthy',
      severity: 'critical',
      context: 'Node became unhealthy: Ready=False, reason: KubeletNotReady, message: container runtime is down',
    });
    expect(findingId(finding!, 'test')).toBe('70ecca23c4210fed');
  });

  test('silent is a warning', () => {
    expect(find(node(condition('Ready', 'Unknown', 'NodeStatusUnknown')))[0]).toMatchObject({ severity: 'warning' });
  });

  test.each([
    ['ToBeDeletedByClusterAutoscaler', 300, []],
    ['karpenter.sh/disrupted', 300, []],
    ['ToBeDeletedByClusterAutoscaler', 3600, ['NodeUnhealthy']],
    ['dedicated', 300, ['NodeUnhealthy']],
  ])('C15: silent with the taint %s for %i s', (key, seconds, wanted) => {
    const ready = { ...condition('Ready', 'Unknown', 'NodeStatusUnknown'), lastTransitionTime: ago(seconds) };
    expect(types({ ...node(ready), spec: { taints: [{ key, effect: 'NoSchedule' }] } })).toEqual(wanted);
  });

  test('pressure and what the node problem detector says are one finding', () => {
    const conditions = [
      condition('Ready', 'True', 'KubeletReady'),
      condition('MemoryPressure', 'True', 'KubeletHasInsufficientMemory'),
      condition('KernelDeadlock', 'True', 'DockerHung'),
    ];
    expect(find(node(...conditions))).toMatchObject([
      { type: 'NodePressure', context: expect.stringContaining('MemoryPressure=True KernelDeadlock=True') },
    ]);
  });

  test('a well node, also with conditions of others that mean something good', () => {
    expect(types(node(condition('Ready', 'True', 'KubeletReady'), condition('EtcdIsVoter', 'True', 'x')))).toEqual([]);
    expect(types(node())).toEqual([]);
  });
});
