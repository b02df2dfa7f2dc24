import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const none: Build = () => {};
const available = '0/1 nodes are available: ';
const messages = {
  claim: `${available}persistentvolumeclaim "data" not found.`,
  spread: `${available}1 node(s) didn't match pod topology spread constraints.`,
  apart: `${available}1 node(s) didn't match pod anti-affinity rules.`,
  port: `${available}1 node(s) didn't have free ports for the requested pod ports.`,
  once: `${available}1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode already in-use.`,
  place: `${available}1 node(s) had volume node affinity conflict.`,
};
const mounted = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
const port = (hostPort?: number, name = 'app'): Fields => ({
  containers: [{ name, image: 'a:1', ports: [{ containerPort: 80, ...(hostPort === undefined ? {} : { hostPort }) }] }],
});
const spread = (topologyKey: string, whenUnsatisfiable = 'DoNotSchedule'): Fields => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey, whenUnsatisfiable }],
});
const apart = (topologyKey: string): Fields => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } },
});
/** A claim that is bound to a volume which belongs to a node. */
const boundTo =
  (node: string | null): Build =>
  (cluster) => {
    cluster.add('PersistentVolumeClaim', 'ns', 'data', {
      spec: { volumeName: 'pv1', accessModes: ['ReadWriteOncePod'] },
      status: { phase: 'Bound' },
    });
    if (node === null) return;
    const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }];
    const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions }] } };
    cluster.add('PersistentVolume', null, 'pv1', { spec: { nodeAffinity }, status: { phase: 'Bound' } });
  };
const holder =
  (hostPort: number, status: Fields = {}): Build =>
  (cluster) =>
    cluster.deployment('ns', 'edge', { ready: true, spec: port(hostPort, 'edge'), status });

function waits(message: string, spec: Fields, build: Build): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', message, spec);
  cluster.node('n1');
  build(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

describe('QUA-1: why a pod has no node', () => {
  test.each<[string, string, Fields, Build, string]>([
    [
      'a gate',
      '',
      { schedulingGates: [{ name: 'acme.test/quota' }] },
      none,
      'Deployment app scheduling_gate [acme.test/quota] high',
    ],
    [
      'the first of two gates',
      '',
      { schedulingGates: [{ name: 'a.test/x' }, { name: 'b.test/y' }] },
      none,
      'Deployment app scheduling_gate [a.test/x] high',
    ],
    [
      'a gate before a scheduler',
      '',
      { schedulerName: 'fast', schedulingGates: [{ name: 'a.test/x' }] },
      none,
      'Deployment app scheduling_gate [a.test/x] high',
    ],
    [
      'a scheduler that does not answer',
      '',
      { schedulerName: 'fast' },
      none,
      'Deployment app wrong_scheduler [fast] high',
    ],
    [
      'a claim that does not exist',
      messages.claim,
      mounted,
      none,
      'PersistentVolumeClaim data pvc_missing [data] high',
    ],
    [
      'a claim that exists in another namespace only',
      messages.claim,
      mounted,
      (c) => c.add('PersistentVolumeClaim', 'other', 'data', { status: { phase: 'Bound' } }),
      'PersistentVolumeClaim data pvc_missing [data] high',
    ],
    [
      'a claim for one pod',
      messages.once,
      mounted,
      boundTo('n1'),
      'PersistentVolumeClaim data rwop_conflict [ReadWriteOncePod] high',
    ],
    [
      'a volume of another node',
      messages.place,
      mounted,
      boundTo('n2'),
      'PersistentVolume pv1 volume_affinity [n2] high',
    ],
    [
      'a volume that was not read',
      messages.place,
      mounted,
      boundTo(null),
      'PersistentVolumeClaim data volume_affinity [pv1] high',
    ],
    [
      'the newer words for it',
      `${available}1 node(s) didn't match PersistentVolume's node affinity.`,
      mounted,
      boundTo('n2'),
      'PersistentVolume pv1 volume_affinity [n2] high',
    ],
    [
      'a spread over a label that no node has',
      messages.spread,
      spread('zone'),
      none,
      'Deployment app topology_spread [zone] high',
    ],
    [
      'a spread that is too even',
      messages.spread,
      spread('kubernetes.io/hostname'),
      none,
      'Deployment app topology_spread [kubernetes.io/hostname] high',
    ],
    [
      'only the hard one of two spreads',
      messages.spread,
      {
        topologySpreadConstraints: [
          { topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway' },
          { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      none,
      'Deployment app topology_spread [zone] high',
    ],
    [
      'anti-affinity',
      messages.apart,
      apart('kubernetes.io/hostname'),
      none,
      'Deployment app anti_affinity [kubernetes.io/hostname] high',
    ],
    ['anti-affinity of others', messages.apart, {}, none, 'Deployment app anti_affinity [null] medium'],
    [
      'a host port that another workload has',
      messages.port,
      port(8080),
      holder(8080),
      'Deployment edge host_port [8080] high',
    ],
    [
      'a host port that only its own pods have',
      messages.port,
      port(8080),
      none,
      'Deployment app host_port [8080] medium',
    ],
    [
      'another workload with another port',
      messages.port,
      port(8080),
      holder(9090),
      'Deployment app host_port [8080] medium',
    ],
    ['no port that could be read', messages.port, port(), none, 'Deployment app host_port [null] medium'],
  ])('%s', async (_title, message, spec, build, wanted) => {
    expect(await waits(message, spec, build)).toBe(wanted);
  });

  const mechanisms =
    /scheduling_gate|wrong_scheduler|pvc_missing|rwop_conflict|volume_affinity|topology_spread|anti_affinity|host_port/;
  const neutral = `${available}preemption is not helpful.`;
  test.each<[string, string, Fields, Build]>([
    ['the scheduler of the cluster is slow', '', { schedulerName: 'default-scheduler' }, none],
    ['no scheduler is named', '', {}, none],
    ['another scheduler gives a reason', neutral, { schedulerName: 'fast' }, none],
    ['the list of gates is empty', neutral, { schedulingGates: [] }, none],
    ['a claim that no message misses', neutral, mounted, none],
    ['a claim that is bound', neutral, mounted, boundTo('n1')],
    ['a hard spread that is met', neutral, spread('zone'), none],
    ['anti-affinity that is met', neutral, apart('zone'), none],
    ['a host port that is free', neutral, port(8080), holder(8080)],
    [
      'an unbound claim is told by its own rule',
      `${available}pod has unbound immediate PersistentVolumeClaims.`,
      mounted,
      none,
    ],
  ])('not: %s', async (_title, message, spec, build) => {
    expect(await waits(message, spec, build)).not.toMatch(mechanisms);
  });

  test('the words of the event count more than those of the condition', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: { nodeName: '', containers: [{ name: 'app', image: 'a:1' }], ...apart('zone'), ...spread('zone') },
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message: messages.spread }] },
    });
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'FailedScheduling', messages.apart);
    cluster.node('n1');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Deployment app anti_affinity [zone] high');
  });

  test('without an event the condition of the pod is enough', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: { nodeName: '', containers: [{ name: 'app', image: 'a:1' }], ...apart('zone') },
      status: {
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: messages.apart }],
      },
    });
    cluster.node('n1');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Deployment app anti_affinity [zone] high');
  });

  test('not: a pod that is being deleted', async () => {
    const cluster = new TestCluster();
    cluster.pending('ns', 'app', messages.apart, apart('zone'));
    amend(cluster, 'Pod', 'app', { metadata: { deletionTimestamp: '2026-01-01T10:05:00Z' } });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).not.toMatch(mechanisms);
  });
});
