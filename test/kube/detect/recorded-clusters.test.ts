import { describe, expect, test } from 'vitest';
import { detect } from '../../../src/kube/detect/detect.ts';
import type { Finding } from '../../../src/kube/detect/finding.ts';
import { controllerOf, type KubeEvent } from '../../../src/kube/objects.ts';
import { type RecordedCluster, loadRecording, recordingNames } from '../../support/recorded-cluster.ts';

/** Everything that stands in a recording ten minutes after it was made, as if nothing had changed since. */
function findAll(cluster: RecordedCluster): Finding[] {
  const now = cluster.now + 10 * 60_000;
  const of = (...kinds: string[]) => cluster.objects.filter((object) => kinds.includes(object.kind));
  return cluster.objects.flatMap((object) => {
    const { uid, namespace } = object.metadata;
    const about = (object as KubeEvent).involvedObject?.uid;
    return detect(object, {
      now,
      pods: of('Pod').filter((pod) => pod.metadata.namespace === namespace),
      events: of('Event').filter((event) => (event as KubeEvent).involvedObject?.uid === uid),
      endpointSlices: of('EndpointSlice'),
      services: of('Service'),
      workloads: of('Deployment', 'StatefulSet', 'DaemonSet'),
      jobs: of('Job'),
      ...(about ? { involved: cluster.objects.find((other) => other.metadata.uid === about) ?? null } : {}),
    });
  });
}

/** Whether a finding is about the focus: the object itself, or a pod or claim that it owns, or its namespace. */
function concerns(cluster: RecordedCluster, finding: Finding): boolean {
  const { focus, objects } = cluster;
  const { kind, name, namespace } = finding.resource;
  if (focus.kind === 'Namespace') return namespace === focus.name;
  if (kind === focus.kind && name === focus.name && namespace === focus.namespace) return true;
  if (namespace !== focus.namespace) return false;
  let object = objects.find((one) => one.metadata.uid === finding.resource.uid);
  for (let depth = 0; object && depth < 4; depth += 1) {
    const owner = controllerOf(object);
    if (owner?.kind === focus.kind && owner.name === focus.name) return true;
    object = owner && objects.find((one) => one.metadata.uid === owner.uid);
  }
  return false;
}

/** No object shows these: every pod is ready, only requests between the applications fail. */
const withoutSymptom = new Set(['034-wrong-port-env', '067-target-port', '070-named-port']);

describe('CON-5: recorded clusters', () => {
  test.each(recordingNames())('%s', (name) => {
    const cluster = loadRecording(name);
    const all = findAll(cluster);
    const focus: string[] = all.filter((finding) => concerns(cluster, finding)).map((finding) => finding.type);
    const shows = cluster.isFault && !withoutSymptom.has(name);
    expect(focus.length > 0, `findings of the focus: ${focus.join(' ')}`).toBe(shows);
    expect(focus).toEqual(expect.arrayContaining(shows && cluster.triggerType ? [cluster.triggerType] : []));
    // What is well beside it: the namespace `platform` has a little noise and no fault.
    const platform = all.filter((finding) => finding.resource.namespace === 'platform');
    expect(platform.map((finding) => `${finding.type} ${finding.resource.name}`)).toEqual([]);
  });

  test('relations between objects are seen where an alert is about neither of them', () => {
    const all = findAll(loadRecording('070-named-port'));
    expect(all.map((finding) => finding.type)).toContain('ServiceWithoutEndpoints');
  });
});
