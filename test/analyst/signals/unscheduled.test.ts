import { describe, expect, test } from 'vitest';
import { allowedNodes, podRequest, untolerated } from '../../../src/analyst/signals/unscheduled.ts';
import { object } from '../../support/kube-objects.ts';

type Fields = Record<string, unknown>;

const pod = (spec: Fields) => object('Pod', 'app', { spec });
const asks = (cpu?: string): Fields => ({ resources: { requests: cpu === undefined ? {} : { cpu } } });

describe('QUA-1: what a pod asks for', () => {
  test.each<[string, Fields, number]>([
    ['its containers together', { containers: [asks('500m'), asks('1')] }, 1.5],
    [
      'the greatest init container, when that is more',
      { initContainers: [asks('2'), asks('1')], containers: [asks('1')] },
      2,
    ],
    ['init containers do not add up', { initContainers: [asks('1'), asks('1')], containers: [asks('1500m')] }, 1.5],
    ['nothing', { containers: [asks()] }, 0],
    ['no container at all', {}, 0],
  ])('%s', (_title, spec, wanted) => expect(podRequest(pod(spec), 'cpu')).toBe(wanted));
});

describe('QUA-1: which nodes a pod may use', () => {
  const nodes = [
    object('Node', 'n1', { metadata: { labels: { disk: 'ssd', size: '4' } } }),
    object('Node', 'n2', { metadata: { labels: { disk: 'hdd' } } }),
  ];
  const need = (...nodeSelectorTerms: Fields[]): Fields => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const label = (key: string, operator: string, ...values: string[]): Fields => ({ key, operator, values });
  test.each<[string, Fields, string[]]>([
    ['all', {}, ['n1', 'n2']],
    ['by selector', { nodeSelector: { disk: 'ssd' } }, ['n1']],
    ['In', need({ matchExpressions: [label('disk', 'In', 'hdd', 'tape')] }), ['n2']],
    ['NotIn', need({ matchExpressions: [label('disk', 'NotIn', 'hdd')] }), ['n1']],
    ['Exists', need({ matchExpressions: [label('size', 'Exists')] }), ['n1']],
    ['DoesNotExist', need({ matchExpressions: [label('size', 'DoesNotExist')] }), ['n2']],
    [
      'both expressions of a term',
      need({ matchExpressions: [label('disk', 'Exists'), label('size', 'Exists')] }),
      ['n1'],
    ],
    [
      'either of two terms',
      need({ matchExpressions: [label('disk', 'In', 'ssd')] }, { matchExpressions: [label('disk', 'In', 'hdd')] }),
      ['n1', 'n2'],
    ],
    ['by the name of the node', need({ matchFields: [label('metadata.name', 'In', 'n2')] }), ['n2']],
    [
      'selector and affinity that no node has both of',
      { nodeSelector: { disk: 'ssd' }, ...need({ matchExpressions: [label('disk', 'In', 'hdd')] }) },
      [],
    ],
  ])('%s', (_title, spec, wanted) =>
    expect(allowedNodes(nodes, pod(spec)).map((node) => node.metadata.name)).toEqual(wanted),
  );
});

describe('QUA-1: taints', () => {
  const node = (effect: string) => object('Node', 'n1', { spec: { taints: [{ key: 'team', value: 'gpu', effect }] } });
  test.each<[string, string, Fields[], number]>([
    ['without a toleration', 'NoSchedule', [], 1],
    ['NoExecute', 'NoExecute', [], 1],
    ['a preference keeps nobody away', 'PreferNoSchedule', [], 0],
    ['tolerated by value', 'NoSchedule', [{ key: 'team', operator: 'Equal', value: 'gpu' }], 0],
    ['another value', 'NoSchedule', [{ key: 'team', value: 'cpu' }], 1],
    ['tolerated whatever its value', 'NoSchedule', [{ key: 'team', operator: 'Exists' }], 0],
    ['another effect', 'NoSchedule', [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }], 1],
    ['another key', 'NoSchedule', [{ key: 'squad', operator: 'Exists' }], 1],
    ['everything is tolerated', 'NoSchedule', [{ operator: 'Exists' }], 0],
    ['an empty key needs Exists', 'NoSchedule', [{ value: 'gpu' }], 1],
  ])('%s', (_title, effect, tolerations, left) =>
    expect(untolerated(node(effect), pod({ tolerations }))).toHaveLength(left),
  );
});
