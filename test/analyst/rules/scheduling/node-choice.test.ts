import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
type NodeFields = Parameters<TestCluster['node']>[1];

const unmatched = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
const tainted = '0/1 nodes are available: 1 node(s) had untolerated taint {team: gpu}.';
const cordon = '0/1 nodes are available: 1 node(s) were unschedulable.';
const crowded = '0/1 nodes are available: 1 Too many pods.';
const gpu = { key: 'team', value: 'gpu', effect: 'NoSchedule' };

const required = (...terms: Fields[]): Fields => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  },
});
const expression = (key: string, operator: string, values: string[] = []): Fields => ({
  matchExpressions: [{ key, operator, values }],
});

/** The cause of a pod `app` that waits with a message, in a cluster of these nodes. */
function waits(message: string, spec: Fields, nodes: Record<string, NodeFields>): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', message, spec);
  for (const [name, fields] of Object.entries(nodes)) cluster.node(name, fields);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

type Row = [title: string, message: string, spec: Fields, nodes: Record<string, NodeFields>, wanted: string];
type Negative = [title: string, message: string, spec: Fields, nodes: Record<string, NodeFields>];
const hdd = { n1: { labels: { disk: 'hdd' } } };

describe('QUA-1: a node selector that no node fits', () => {
  test.each<Row>([
    ['another value', unmatched, { nodeSelector: { disk: 'ssd' } }, hdd, 'Deployment app node_selector [ssd] high'],
    [
      'the label is on no node',
      unmatched,
      { nodeSelector: { zone: 'b' } },
      hdd,
      'Deployment app node_selector [b] high',
    ],
    [
      'of two pairs the one that no node has',
      unmatched,
      { nodeSelector: { disk: 'hdd', zone: 'b' } },
      hdd,
      'Deployment app node_selector [b] high',
    ],
    [
      'no node has both of two pairs',
      unmatched,
      { nodeSelector: { disk: 'hdd', zone: 'b' } },
      { n1: { labels: { disk: 'hdd' } }, n2: { labels: { zone: 'b' } } },
      'Deployment app node_selector [hdd] high',
    ],
    [
      'required affinity with two values',
      unmatched,
      required(expression('zone', 'In', ['a', 'b'])),
      { n1: { labels: { zone: 'c' } } },
      'Deployment app node_selector [zone] high',
    ],
    [
      'required affinity without values',
      unmatched,
      required(expression('gpu', 'Exists')),
      hdd,
      'Deployment app node_selector [gpu] high',
    ],
    [
      'the words of another scheduler',
      "0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity].",
      { nodeSelector: { disk: 'ssd' } },
      hdd,
      'Deployment app node_selector [ssd] high',
    ],
    [
      'nodes that were not read',
      unmatched,
      { nodeSelector: { disk: 'ssd' } },
      {},
      'Deployment app node_selector [ssd] high',
    ],
  ])('%s', async (_title, message, spec, nodes, wanted) => {
    expect(await waits(message, spec, nodes)).toBe(wanted);
  });

  test.each<Negative>([
    ['a node fits meanwhile', unmatched, { nodeSelector: { disk: 'hdd' } }, hdd],
    ['one of two terms fits', unmatched, required(expression('zone', 'In', ['b']), expression('disk', 'Exists')), hdd],
    ['a label that must not be there is not', unmatched, required(expression('zone', 'DoesNotExist')), hdd],
    [
      'the node is allowed by its name',
      unmatched,
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }),
      hdd,
    ],
    ['the pod names no label', unmatched, {}, {}],
    [
      'the affinity is only preferred',
      unmatched,
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: expression('zone', 'In', ['b']) },
            ],
          },
        },
      },
      hdd,
    ],
    ['other reasons as well, and no node was read', `${unmatched.slice(0, -1)}, 1 Insufficient cpu.`, {}, {}],
  ])('not: %s', async (_title, message, spec, nodes) => {
    expect(await waits(message, spec, nodes)).not.toContain('node_selector');
  });
});

describe('QUA-1: a taint that the pod does not tolerate', () => {
  test.each<Row>([
    ['with a value', tainted, {}, { n1: { taints: [gpu] } }, 'Deployment app taint [team] high'],
    [
      'without a value, NoExecute',
      '0/1 nodes are available: 1 node(s) had untolerated taint {drain: }.',
      {},
      { n1: { taints: [{ key: 'drain', effect: 'NoExecute' }] } },
      'Deployment app taint [drain] high',
    ],
    [
      'the words of old schedulers',
      "0/1 nodes are available: 1 node(s) had taint {team: gpu}, that the pod didn't tolerate, 1 taint(s).",
      {},
      { n1: { taints: [gpu] } },
      'Deployment app taint [team] high',
    ],
    [
      'the toleration is for another value',
      tainted,
      { tolerations: [{ key: 'team', operator: 'Equal', value: 'cpu' }] },
      { n1: { taints: [gpu] } },
      'Deployment app taint [team] high',
    ],
    [
      'the toleration is for another effect',
      tainted,
      { tolerations: [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }] },
      { n1: { taints: [gpu] } },
      'Deployment app taint [team] high',
    ],
    [
      'the node that the pod is bound to',
      tainted,
      { nodeSelector: { disk: 'ssd' } },
      { n1: { labels: { disk: 'ssd' }, taints: [gpu] }, n2: { taints: [{ key: 'other', effect: 'NoSchedule' }] } },
      'Deployment app taint [team] high',
    ],
    [
      'a taint of people before one of the control plane',
      tainted,
      {},
      {
        n1: { taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }], unschedulable: true },
        n2: { taints: [gpu] },
      },
      'Deployment app taint [team] high',
    ],
    [
      'memory pressure is the fault of the node',
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }.',
      {},
      { n1: { taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }] } },
      'Node n1 memory_pressure [node.kubernetes.io/memory-pressure] high',
    ],
    [
      'cordoned, told as a taint',
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.',
      {},
      { n1: { taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }], unschedulable: true } },
      'Node n1 cordoned [unschedulable] high',
    ],
  ])('%s', async (_title, message, spec, nodes, wanted) => {
    expect(await waits(message, spec, nodes)).toBe(wanted);
  });

  test.each<Negative>([
    [
      'it is tolerated by key',
      tainted,
      { tolerations: [{ key: 'team', operator: 'Exists' }] },
      { n1: { taints: [gpu] } },
    ],
    [
      'it is tolerated by value',
      tainted,
      { tolerations: [{ key: 'team', value: 'gpu', effect: 'NoSchedule' }] },
      { n1: { taints: [gpu] } },
    ],
    ['everything is tolerated', tainted, { tolerations: [{ operator: 'Exists' }] }, { n1: { taints: [gpu] } }],
    ['it is only PreferNoSchedule', tainted, {}, { n1: { taints: [{ ...gpu, effect: 'PreferNoSchedule' }] } }],
    ['it has been taken off', tainted, {}, { n1: {} }],
    [
      'the message does not speak of taints',
      '0/1 nodes are available: preemption is not helpful.',
      {},
      { n1: { taints: [gpu] } },
    ],
    [
      'a taint of the control plane that tells no cause',
      tainted,
      {},
      { n1: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] } },
    ],
    ['the nodes were not read', tainted, {}, {}],
  ])('not: %s', async (_title, message, spec, nodes) => {
    expect(await waits(message, spec, nodes)).not.toMatch(/taint|cordoned/);
  });
});

describe('QUA-1: cordoned and full nodes', () => {
  test.each<Row>([
    ['cordoned', cordon, {}, { n1: { unschedulable: true } }, 'Node n1 cordoned [unschedulable] high'],
    [
      'the cordoned node of the two that the pod may use',
      cordon,
      { nodeSelector: { disk: 'ssd' } },
      { n1: { unschedulable: true }, n2: { labels: { disk: 'ssd' }, unschedulable: true } },
      'Node n2 cordoned [unschedulable] high',
    ],
    ['full', crowded, {}, { n1: { allocatable: { pods: '0' } } }, 'Node n1 node_pod_limit [0] high'],
    [
      'the full one of two',
      crowded,
      {},
      { n1: { allocatable: { pods: '8' } }, n2: { allocatable: { pods: '0' } } },
      'Node n2 node_pod_limit [0] high',
    ],
  ])('%s', async (_title, message, spec, nodes, wanted) => {
    expect(await waits(message, spec, nodes)).toBe(wanted);
  });

  test.each<Negative>([
    ['uncordoned since', cordon, {}, { n1: {} }],
    [
      'cordoned, but not a node of this pod',
      cordon,
      { nodeSelector: { disk: 'ssd' } },
      { n1: { unschedulable: true }, n2: { labels: { disk: 'ssd' } } },
    ],
    ['the nodes were not read', cordon, {}, {}],
    ['the message names other reasons', unmatched, {}, { n1: { unschedulable: true, allocatable: { pods: '0' } } }],
  ])('not: %s', async (_title, message, spec, nodes) => {
    expect(await waits(message, spec, nodes)).not.toMatch(/cordoned|node_pod_limit/);
  });

  test('a limit that cannot be read blames no node', async () => {
    expect(await waits(crowded, {}, {})).toBe('Deployment app node_pod_limit [null] high');
  });
});
