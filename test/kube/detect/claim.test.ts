import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext } from '../../../src/kube/detect/finding.ts';
import { ago, now, object, pod, warning } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);

describe('CON-5: claims', () => {
  const claim = (phase: string, seconds = 600) =>
    object('PersistentVolumeClaim', 'data', {
      spec: { storageClassName: 'fast-ssd' },
      status: { phase },
      metadata: { creationTimestamp: ago(seconds) },
    });
  const user = (phase: string) =>
    pod('p', { phase }, { spec: { volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] } });

  test('pending with the cause that an event names', () => {
    const events = [warning('ProvisioningFailed', claim('Pending'), 'storageclass "fast-ssd" not found')];
    expect(find(claim('Pending'), { events, pods: [] })[0]).toMatchObject({
      type: 'ClaimPending',
      context:
        'Claim is not bound, storage class: fast-ssd, reason: ProvisioningFailed, message: storageclass "fast-ssd" not found',
    });
  });

  test('pending while a pod waits for it; waiting for a first consumer is by design', () => {
    expect(types(claim('Pending'), { pods: [user('Pending')] })).toEqual(['ClaimPending']);
    expect(types(claim('Pending'), { pods: [] })).toEqual([]);
    expect(types(claim('Pending', 20), { pods: [user('Pending')] })).toEqual([]);
    expect(types(claim('Bound'), { pods: [user('Pending')] })).toEqual([]);
  });

  test('lost, and its deletion: held back by a pod by design, stuck otherwise', () => {
    expect(types(claim('Lost'))).toEqual(['ClaimPending']);
    const deleted = object('PersistentVolumeClaim', 'data', { metadata: { deletionTimestamp: ago(3600) } });
    expect(types(deleted, { pods: [user('Running')] })).toEqual([]);
    expect(types(deleted, { pods: [] })).toEqual(['Stuck']);
  });
});
