import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { parseTable } from '../../../src/kube/read/tool-list.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { comparable, type Described, describedPod, eventsOf, parseDescribed } from '../../support/described.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import {
  amountOf,
  byName,
  expectAgreement,
  type Event,
  isNamed,
  keyOf,
  lastEnd,
  type Node,
  pick,
  type Pod,
  type Port,
  portsText,
  type Quota,
  type Slice,
  withoutCopy,
  type Workload,
} from '../../support/kubectl-views.ts';
import { allPages, type CallKubernetesTool, kubernetesTools } from '../../support/kubernetes-tools.ts';
import { type KubeletLogs, startKubeletLogs } from '../../support/kubelet-logs.ts';
import { seededFaults, seedFaults } from '../../support/seeded-faults.ts';
import { metricsApi, usage } from '../../support/seeded-objects.ts';

type Row = Readonly<Record<string, string>>;
type Item = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly namespace: string;
  readonly age: string;
};

/** So that no fault is too young to count: detectors give pods, claims and Services their time. */
const laterMs = 15 * 60_000;

describe.skipIf(cannotRun('the Kubernetes tools beside kubectl', 'kubelets'))(
  'K8S-1: a cluster with forty seeded faults',
  () => {
    let plane: ControlPlane;
    let logs: KubeletLogs;
    let call: CallKubernetesTool;
    let later: CallKubernetesTool;

    beforeAll(async () => {
      logs = await startKubeletLogs();
      plane = await startControlPlane({ level: 'kubelets', kubeletPort: logs.port });
      await seedFaults(plane, logs);
      const reader = await openApiReader(plane.kubeconfig, null);
      call = kubernetesTools(reader);
      later = kubernetesTools(reader, { now: () => Date.now() + laterMs });
    }, 180_000);

    afterAll(async () => {
      await plane?.stop();
      await logs?.stop();
    });

    const table = async (...args: readonly string[]): Promise<Row[]> =>
      parseTable(await plane.kubectl(['get', ...args, '-o', 'wide']));
    const objects = async <T = KubeObject>(...args: readonly string[]): Promise<T[]> =>
      (JSON.parse(await plane.kubectl(['get', ...args, '-o', 'json'])) as { items: T[] }).items;
    const items = (tool: string, args: Record<string, unknown> = {}): Promise<Item[]> =>
      allPages<Item>(call, tool, { limit: 50, ...args });
    const describedOf = async (...args: readonly string[]): Promise<Described> =>
      parseDescribed(await plane.kubectl(['describe', ...args]));

    test('there are forty, and kubectl shows each', async () => {
      expect(new Set(seededFaults.map(({ place, type }) => `${type} ${place}`)).size).toBe(40);
      const rows = new Map<string, Row[]>();
      for (const { place, column } of seededFaults) {
        const [kind = '', namespace = '', name = ''] = place.split('/');
        if (!rows.has(kind)) rows.set(kind, await table(kind, ...(kind === 'Node' ? [] : ['-A'])));
        const row = rows.get(kind)!.find((one) => isNamed(one['name'], name) && (one['namespace'] ?? '') === namespace);
        const [of, text] = column ?? ['name', row?.['name']];
        expect({ place, [of]: row?.[of] }).toEqual({ place, [of]: text });
      }
    });

    test('K8S-7: the lists and the diagnosis find each of them', async () => {
      const { issues } = await later<{ issues: { evidence: string[] }[] }>('diagnose_cluster', { max_issues: 500 });
      const evidence = issues.flatMap((issue) => issue.evidence);
      const tools: Readonly<Record<string, readonly [string, object]>> = {
        Pod: ['list_pods', { problem_only: true }],
        Deployment: ['list_deployments', { problem_only: true }],
        Service: ['list_services', {}],
        Node: ['get_node_status', {}],
      };
      for (const { type, place } of seededFaults) {
        const [kind = '', namespace = '', name = ''] = place.split('/');
        const said = evidence.some((text) => text.startsWith(`${type} ${place.replace('//', '/')}`));
        expect({ place, type, said }).toEqual({ place, type, said: true });
        const [tool, args] = tools[kind] ?? [];
        if (tool === undefined) continue;
        const listed = (await allPages<Item>(later, tool, { ...args })).filter((one) => isNamed(one.name, name));
        const problems = listed.filter((one) => (one.namespace ?? '') === namespace).map((one) => one['problem']);
        expect({ place, problems }).toEqual({ place, problems: [expect.objectContaining({ type })] });
      }
    });

    test('list_pods', async () => {
      await expectAgreement(
        async () =>
          (await items('list_pods')).map(
            ({ namespace, name, ready, status, restarts, node, age, phase, owner, last_restart: last }) => ({
              namespace,
              name,
              ready,
              status,
              phase,
              node: node ?? '<none>',
              restarts: String(restarts),
              last: last ?? null,
              owner: owner ?? null,
              age,
            }),
          ),
        async () => {
          const pods = new Map((await objects('pods', '-A')).map((pod) => [keyOf(pod), pod]));
          const sets = new Map((await objects('replicasets', '-A')).map((set) => [set.metadata.uid, set]));
          return (await table('pods', '-A')).map(
            ({ namespace = '', name = '', ready, status, node, restarts = '', age }) => {
              const pod = pods.get(`${namespace}/${name}`) as Pod | undefined;
              const [controller] = pod?.metadata.ownerReferences ?? [];
              const [above] = sets.get(controller?.uid)?.metadata.ownerReferences ?? [];
              const owner = above ?? controller;
              return {
                namespace,
                name,
                ready,
                status,
                phase: pod?.status.phase,
                node,
                restarts: restarts.split(' ')[0],
                last: restarts.includes('(') ? lastEnd(pod) : null,
                owner: owner === undefined ? null : `${owner.kind}/${owner.name}`,
                age,
              };
            },
          );
        },
      );
    });

    test('list_deployments', async () => {
      await expectAgreement(
        async () =>
          (await items('list_deployments')).map(
            ({ namespace, name, desired, ready, updated, available, images, paused, age }) => ({
              namespace,
              name,
              ready: `${String(ready)}/${String(desired)}`,
              'up-to-date': String(updated),
              available: String(available),
              images: (images as string[]).join(','),
              paused,
              age,
            }),
          ),
        async () => {
          const paused = new Map(
            (await objects<Workload>('deployments', '-A')).map((one) => [keyOf(one), one.spec.paused === true]),
          );
          return (await table('deployments', '-A')).map((row) => ({
            ...pick(row, ['namespace', 'name', 'ready', 'up-to-date', 'available', 'images']),
            paused: paused.get(`${row['namespace']}/${row['name']}`),
            age: row['age'],
          }));
        },
      );
    });

    test('list_services', async () => {
      await expectAgreement(
        async () =>
          (await items('list_services')).map(
            ({ namespace, name, type, cluster_ip: ip, external, ports, endpoints, age }) => ({
              namespace,
              name,
              type,
              'cluster-ip': ip === '' ? '<none>' : ip,
              'external-ip': external,
              'port(s)': portsText(ports as Port[]),
              endpoints,
              age,
            }),
          ),
        async () => {
          const slices = await objects<Slice>('endpointslices', '-A');
          return (await table('services', '-A')).map((row) => {
            const of = slices.filter(
              ({ metadata }) =>
                metadata.namespace === row['namespace'] &&
                metadata.labels['kubernetes.io/service-name'] === row['name'],
            );
            const all = of.flatMap((slice) => slice.endpoints ?? []);
            const ready = all.filter(({ conditions }) => conditions.ready !== false).length;
            return {
              ...pick(row, ['namespace', 'name', 'type', 'cluster-ip', 'external-ip', 'port(s)']),
              endpoints: { ready, not_ready: all.length - ready },
              age: row['age'],
            };
          });
        },
      );
    });

    test('list_namespaces', async () => {
      await expectAgreement(
        async () =>
          (await items('list_namespaces')).map(({ name, phase, age, labels, pods, quota = [] }) => ({
            name,
            status: phase,
            labels,
            pods,
            quota,
            age,
          })),
        async () => {
          const [pods, quotas, all] = [
            await objects('pods', '-A'),
            await objects<Quota>('resourcequotas', '-A'),
            await objects('namespaces'),
          ];
          return (await table('namespaces')).map(({ name, status, age }) => ({
            name,
            status,
            labels: all.find(({ metadata }) => metadata.name === name)?.metadata.labels,
            pods: pods.filter(({ metadata }) => metadata.namespace === name).length,
            quota: quotas
              .filter(({ metadata }) => metadata.namespace === name)
              .flatMap(({ metadata, status: { hard, used } }) =>
                Object.keys(hard)
                  .sort()
                  .map((resource) => ({ name: metadata.name, resource, used: used[resource], hard: hard[resource] })),
              ),
            age,
          }));
        },
      );
    });

    test('get_node_status', async () => {
      await expectAgreement(
        async () =>
          (await items('get_node_status')).map(
            ({ name, ready, cordoned, version, age, conditions, taints, capacity, allocatable, pods, requested }) => ({
              name,
              status: `${ready === true ? 'Ready' : 'NotReady'}${cordoned === true ? ',SchedulingDisabled' : ''}`,
              version,
              conditions: (conditions as Item[]).map((one) => `${String(one['type'])}=${String(one['status'])}`),
              taints,
              capacity,
              allocatable,
              pods,
              requested,
              age,
            }),
          ),
        async () => {
          const nodes = new Map((await objects<Node>('nodes')).map((node) => [node.metadata.name, node]));
          const rows = await table('nodes');
          return Promise.all(
            rows.map(async ({ name = '', status, version, age }) => {
              const { spec, status: of } = nodes.get(name)!;
              const text = await plane.kubectl(['describe', 'node', name]);
              const amount = (resource: string): number =>
                amountOf(new RegExp(`^  ${resource} +(\\S+) \\(`, 'm').exec(text)?.[1]);
              return {
                name,
                status,
                version,
                conditions: (of.conditions ?? []).map((one) => `${one.type}=${one.status}`),
                taints: (spec.taints ?? []).map(({ key, value, effect }) => ({
                  key,
                  ...(value === undefined ? {} : { value }),
                  effect,
                })),
                capacity: of.capacity,
                allocatable: of.allocatable,
                pods: Number(/^Non-terminated Pods: +\((\d+) in total\)/m.exec(text)?.[1]),
                requested: { cpu_cores: amount('cpu'), memory_bytes: amount('memory') },
                age,
              };
            }),
          );
        },
      );
    });

    test.each([
      ['data', 'unmounted'],
      ['shop', 'cache'],
      ['shop', 'engine'],
      ['shop', 'half'],
      ['pay', 'migrate'],
      ['pay', 'sidecar'],
      ['pay', 'evicted'],
    ])('describe_pod of %s/%s', async (namespace, pod) => {
      await expectAgreement(
        async () => comparable(await call('describe_pod', { namespace, pod })),
        async () => describedPod(await describedOf('pod', '-n', namespace, pod)),
      );
    });

    test('describe_pod of a pod of a Deployment', async () => {
      const [front] = await objects('pods', '-n', 'shop', '-l', 'app=front');
      const args = { namespace: 'shop', pod: front!.metadata.name };
      const given = await call<{ owners: unknown[] }>('describe_pod', args);
      expect(comparable(given)).toEqual(describedPod(await describedOf('pod', '-n', 'shop', args.pod)));
      expect(given.owners).toEqual([
        { kind: 'ReplicaSet', name: front!.metadata.ownerReferences![0]!.name },
        { kind: 'Deployment', name: 'front' },
      ]);
    });

    test.each([
      ['pay', 'migrate', false, 100],
      ['pay', 'migrate', true, 100],
      ['shop', 'half', false, 1],
      ['shop', 'cache', true, 5],
    ])('get_pod_logs of %s/%s (previous: %s, tail: %i)', async (namespace, pod, previous, tail) => {
      const { containers } = await call<{ containers: { container: string; lines: string[] }[] }>('get_pod_logs', {
        namespace,
        pod,
        previous,
        tail,
      });
      expect(containers.length).toBeGreaterThan(0);
      for (const { container, lines } of containers) {
        const args = [
          'logs',
          '-n',
          namespace,
          pod,
          '-c',
          container,
          `--tail=${tail}`,
          ...(previous ? ['--previous'] : []),
        ];
        expect(lines).toEqual((await plane.kubectl(args)).trimEnd().split('\n'));
      }
    });

    test('get_pod_events, get_events', async () => {
      const summed = (rows: readonly Readonly<Record<string, unknown>>[]) => {
        const sums = new Map<string, number>();
        for (const row of rows) {
          const key = [row['object'], row['type'], row['reason']].join(' ');
          sums.set(key, (sums.get(key) ?? 0) + Number(row['count']));
        }
        return Object.fromEntries([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      };
      const shown = async (...args: readonly string[]) =>
        summed(
          (await objects<Event>('events', ...args)).map(
            ({ involvedObject: { kind, namespace, name }, reason, type, count, series }) => ({
              object: [kind, ...(namespace ? [namespace] : []), name].join('/'),
              reason,
              type,
              count: series?.count ?? count ?? 1,
            }),
          ),
        );
      await expectAgreement(
        async () => summed(await items('get_events')),
        () => shown('-A'),
      );
      await expectAgreement(
        async () => summed(await items('get_events', { namespace: 'data' })),
        () => shown('-n', 'data'),
      );
      const about = { namespace: 'data', pod: 'unmounted' };
      const { items: events } = await call<{ items: Record<string, unknown>[] }>('get_pod_events', about);
      // Both sort by whole seconds: events of one second come in either order.
      const sorted = (rows: readonly (readonly unknown[])[]) => rows.map(String).toSorted();
      expect(sorted(events.map(({ type, reason, message }) => [type, reason, message]))).toEqual(
        sorted(eventsOf(await describedOf('pod', '-n', 'data', 'unmounted'))),
      );
      const expected = await shown('-n', 'data', '--field-selector', 'involvedObject.name=unmounted');
      expect(summed(events)).toEqual(expected);
    });

    test('get_resource_usage, without and with the metrics API', async () => {
      expect(await call('get_resource_usage', { by: 'node' })).toMatchObject({
        usage: null,
        usage_reason: expect.stringContaining('not installed'),
      });
      await plane.apply(...metricsApi);
      await plane.kubectl([
        'wait',
        '--for=condition=Established',
        'crd/nodes.metrics.k8s.io',
        'crd/pods.metrics.k8s.io',
      ]);
      await plane.apply(...usage);
      const measured = (rows: readonly Row[]) =>
        rows
          .filter((row) => row['cpu(cores)'] !== '<unknown>')
          .map((row) => ({
            name: row['name'],
            cpu: amountOf(row['cpu(cores)']),
            memory: amountOf(row['memory(bytes)']),
          }))
          .toSorted(byName);
      const ours = async (args: Record<string, unknown>) =>
        (
          await call<{ items: (Item & { cpu: { usage?: number }; memory: { usage?: number } })[] }>(
            'get_resource_usage',
            { top: 500, ...args },
          )
        ).items
          .filter(({ cpu }) => cpu.usage !== undefined)
          .map(({ name, cpu, memory }) => ({ name, cpu: cpu.usage, memory: memory.usage }))
          .toSorted(byName);
      await expectAgreement(
        () => ours({ by: 'node' }),
        async () => measured(parseTable(await plane.kubectl(['top', 'nodes']))),
      );
      await expectAgreement(
        () => ours({ by: 'pod' }),
        async () => measured(parseTable(await plane.kubectl(['top', 'pods', '-A']))),
      );
      for (const node of await call<{ items: Item[] }>('get_resource_usage', { by: 'node' }).then(
        (given) => given.items,
      )) {
        const text = await plane.kubectl(['describe', 'node', node.name]);
        for (const resource of ['cpu', 'memory']) {
          const [, requests, limits] =
            new RegExp(`^  ${resource} +(\\S+) \\(\\S+\\) +(\\S+) \\(`, 'm').exec(text) ?? [];
          expect(node[resource]).toMatchObject({ requests: amountOf(requests), limits: amountOf(limits) });
        }
      }
    });

    test('get_cluster_info', async () => {
      const { serverVersion } = JSON.parse(await plane.kubectl(['version', '-o', 'json'])) as {
        serverVersion: Record<string, string>;
      };
      await expectAgreement(
        async () => pick(await call('get_cluster_info'), ['server_version', 'platform', 'nodes', 'namespaces', 'pods']),
        async () => {
          const [nodes, pods, namespaces] = [
            await table('nodes'),
            await objects<Pod>('pods', '-A'),
            await table('namespaces'),
          ];
          const phases = Map.groupBy(pods, ({ status }) => status.phase);
          return {
            server_version: serverVersion['gitVersion'],
            platform: serverVersion['platform'],
            nodes: { total: nodes.length, ready: nodes.filter(({ status = '' }) => status.startsWith('Ready')).length },
            namespaces: namespaces.length,
            pods: {
              total: pods.length,
              by_phase: Object.fromEntries([...phases].map(([phase, of]) => [phase, of.length])),
            },
          };
        },
      );
    });

    test.each([
      ['hpa', 'shop', 'scale'],
      ['ingresses.networking.k8s.io', 'shop', 'shop'],
      ['pvc', 'data', 'no-class'],
      ['job', 'pay', 'nightly'],
      ['quota', 'bound', 'nothing'],
      ['deployments.apps', 'shop', 'front'],
      ['ns', '', 'shop'],
    ])('describe_resource of %s %s/%s', async (kind, namespace, name) => {
      const where = namespace === '' ? [] : ['-n', namespace];
      await expectAgreement(
        async () =>
          (await call('describe_resource', { resource_type: kind, name, ...(namespace === '' ? {} : { namespace }) }))[
            'object'
          ],
        async () =>
          withoutCopy(JSON.parse(await plane.kubectl(['get', kind, name, ...where, '-o', 'json'])) as KubeObject),
      );
    });

    test('diagnose_cluster: what it has looked at is what there is', async () => {
      await expectAgreement(
        async () =>
          (await call<{ checked: string[] }>('diagnose_cluster')).checked
            .filter((text) => /^(?:pods|nodes|jobs|services|deployments|ingresses): /.test(text))
            .sort(),
        async () => {
          const kinds = ['deployments', 'ingresses', 'jobs', 'nodes', 'pods', 'services'];
          return Promise.all(kinds.map(async (kind) => `${kind}: ${(await objects(kind, '-A')).length}`));
        },
      );
    });
  },
);
