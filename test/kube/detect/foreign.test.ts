import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detect } from '../../../src/kube/detect/detect.ts';
import { kindsToRead } from '../../../src/kube/kinds.ts';
import { isHealthy } from '../../../src/kube/health.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { now } from '../../support/kube-objects.ts';

const fields =
  'conditions containerStatuses initContainerStatuses state waiting terminated reason phase type status lastState replicas ' +
  'selector ports endpoints involvedObject volumes name template labels message exitCode uid owner restartCount';
const keys = fc.constantFrom(...fields.split(' '));
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      'CrashLoopBackOff',
      'Pending',
      'Failed',
      'Ready',
      'True',
      'False',
      'Warning',
      '',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('CON-5: whatever a server puts in place of a field, no detector throws', () => {
  const kind = fc.constantFrom(...kindsToRead.map((one) => one.kind), 'Unknown');
  fc.assert(
    fc.property(kind, anything, anything, anything, anything, (kind, spec, status, extra, labels) => {
      const metadata = { name: 'n', namespace: 'ns', uid: 'u', labels, ownerReferences: extra, finalizers: extra };
      const rest = typeof extra === 'object' && extra !== null ? (extra as object) : {};
      const subject = { ...rest, apiVersion: 'v1', kind, metadata, spec, status } as KubeObject;
      const others = [subject];
      const context = { now, events: others, pods: others, endpointSlices: others, workloads: others, jobs: others };
      expect(Array.isArray(detect(subject, { ...context, involved: subject }))).toBe(true);
      isHealthy(subject, now);
    }),
    { numRuns: 5000 },
  );
});
