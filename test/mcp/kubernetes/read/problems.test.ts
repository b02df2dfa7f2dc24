import { beforeAll, describe, expect, test } from 'vitest';
import { Sweeper } from '../../../../src/cluster/sweep/sweeper.ts';
import type { FaultSignal } from '../../../../src/domain/fault.ts';
import type { KubeObject } from '../../../../src/kube/cluster-reader.ts';
import { lookAt } from '../../../../src/mcp/kubernetes/diagnose/look.ts';
import { NotChecked } from '../../../../src/mcp/kubernetes/read/whole-list.ts';
import { fakeTools } from '../../../support/fake-tools.ts';
import { allPages, type CallKubernetesTool, kubernetesTools } from '../../../support/kubernetes-tools.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ObjectsReader } from '../../../support/objects-reader.ts';
import { loadRecording, recordingNames } from '../../../support/recorded-cluster.ts';
import { detectedFaultTypes, standingFaults } from '../../../support/standing-faults.ts';

/** What a sweep finds in a cluster of these objects. */
async function swept(objects: readonly KubeObject[], now: number): Promise<readonly FaultSignal[]> {
  const sweeper = new Sweeper({ clock: new ManualClock(now) });
  const { report } = await sweeper.run('c', fakeTools(objects), 'server', [], AbortSignal.timeout(60_000));
  return report.findings;
}

interface Item {
  readonly name: string;
  readonly namespace?: string;
  readonly problem?: { readonly type: string };
}

/** Objects of a kind with a fault, as a sweep finds them. */
const faulty = (found: readonly FaultSignal[], kind: string): string[] =>
  [...new Set(found.filter(({ resource }) => resource.kind === kind).map(({ resource }) => placeOf(resource)))].sort();
const placeOf = ({ namespace, name }: { readonly namespace?: string | null; readonly name: string }): string =>
  `${namespace ?? ''}/${name}`;

const lists: readonly (readonly [kind: string, tool: string, onlyProblems: boolean])[] = [
  ['Pod', 'list_pods', true],
  ['Deployment', 'list_deployments', true],
  ['Service', 'list_services', false],
  ['Node', 'get_node_status', false],
  ['Namespace', 'list_namespaces', false],
];

async function problemsIn(call: CallKubernetesTool, tool: string, onlyProblems: boolean): Promise<Item[]> {
  const items = await allPages<Item>(call, tool, { limit: 7, ...(onlyProblems ? { problem_only: true } : {}) });
  return items.filter(({ problem }) => problem !== undefined);
}

async function expectAsSwept(objects: readonly KubeObject[], now: number): Promise<readonly FaultSignal[]> {
  const found = await swept(objects, now);
  const reader = new ObjectsReader(objects);
  const call = kubernetesTools(reader, { now: () => now });
  for (const [kind, tool, onlyProblems] of lists) {
    const shown = await problemsIn(call, tool, onlyProblems);
    expect({ [tool]: shown.map(placeOf).sort() }).toEqual({ [tool]: faulty(found, kind) });
    for (const { problem, ...item } of shown) {
      const types = found.filter(({ resource }) => resource.kind === kind && placeOf(resource) === placeOf(item));
      expect(types.map(({ faultType }) => faultType)).toContain(problem?.type);
    }
    if (!onlyProblems) continue;
    // The same stands beside each of them in the list of all.
    const all = await problemsIn(call, tool, false);
    expect(all.map((item) => [placeOf(item), item.problem])).toEqual(
      shown.map((item) => [placeOf(item), item.problem]),
    );
  }
  const looking = { reader, namespace: undefined, now, notChecked: new NotChecked() };
  const look = await lookAt(looking, AbortSignal.timeout(60_000));
  const textOf = (type: string, resource: FaultSignal['resource'], container: string): string =>
    `${type} ${resource.kind} ${placeOf(resource)} ${container}`;
  expect(look.findings.map(({ type, resource, container }) => textOf(type, resource, container)).sort()).toEqual(
    found.map(({ faultType, resource, container }) => textOf(faultType, resource, container)).sort(),
  );
  return found;
}

describe('K8S-7: the lists and the diagnosis find what a sweep finds', () => {
  test.each(recordingNames())('in the recorded cluster %s', async (name) => {
    const { objects, now } = loadRecording(name);
    await expectAsSwept(objects, now + 10 * 60_000);
  });

  describe('of every type of fault', () => {
    const now = Date.UTC(2026, 10, 20, 12);
    let found: readonly FaultSignal[] = [];

    beforeAll(async () => {
      found = await expectAsSwept(
        standingFaults(now).flatMap(({ objects }) => objects),
        now,
      );
    });

    test.each(detectedFaultTypes)('%s', (type) => {
      expect(found.map(({ faultType }) => faultType)).toContain(type);
    });
  });
});
