import { describe, expect, test } from 'vitest';
import { answerAbout } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';
import type { More } from '../crash-cause.ts';

type Fields = Record<string, unknown>;

const container = (change: Fields = {}): Fields => ({ name: 'app', image: 'registry.test/app:1.0', ...change });

/** A Deployment whose new pod crashes with `log`, beside a ready pod of the revision before. */
function upgrade(before: Fields, after: Fields, log: string, more: More = () => {}): TestCluster {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', { spec: { containers: [after] }, log });
  amend(cluster, 'ReplicaSet', 'app', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
  const owner = (kind: string, name: string) => [
    { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
  ];
  cluster.add('ReplicaSet', 'ns', 'app-old', {
    metadata: {
      ownerReferences: owner('Deployment', 'app'),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: 1, template: { spec: { containers: [before] } } },
    status: { readyReplicas: 1 },
  });
  cluster.add('Pod', 'ns', 'app-old-1', {
    metadata: { ownerReferences: owner('ReplicaSet', 'app-old'), labels: { app: 'app' } },
    spec: { nodeName: 'n1', containers: [before] },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T09:00:00Z',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:00:05Z' } } },
      ],
    },
  });
  cluster.node('n1');
  more(cluster);
  return cluster;
}
const first = async (cluster: TestCluster) => {
  const { verdict, markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  return { cause: verdict.causes[0], markdown };
};
const env = (value: string): Fields => container({ env: [{ name: 'CACHE_MODE', value }] });
const dull = 'ERROR worker stopped: state is broken\n';

describe('QUA-1: what a revision changed, beside the one that runs', () => {
  test.each<[string, TestCluster, string, string, string]>([
    [
      'a variable that the log names',
      upgrade(env('memory'), env('clusterd'), 'ERROR cache: "clusterd" is broken\n'),
      'bad_config_value',
      'clusterd',
      'variable CACHE_MODE (memory → clusterd)',
    ],
    [
      'a variable that it does not name',
      upgrade(env('memory'), env('clusterd'), dull),
      'bad_config_value',
      'clusterd',
      'The log does not name it',
    ],
    [
      'arguments',
      upgrade(container({ args: ['--a'] }), container({ args: ['--turbo'] }), dull),
      'bad_config_value',
      '--turbo',
      'command --a → --turbo',
    ],
    [
      'another ConfigMap',
      upgrade(
        container({ envFrom: [{ configMapRef: { name: 'app-v1' } }] }),
        container({ envFrom: [{ configMapRef: { name: 'app-v2' } }] }),
        dull,
        (cluster) => {
          for (const name of ['app-v1', 'app-v2']) cluster.add('ConfigMap', 'ns', name, { data: { A: '1' } });
        },
      ),
      'bad_config_value',
      'app-v2',
      'ConfigMap app-v1 → ConfigMap app-v2',
    ],
  ])('%s', async (_title, cluster, mechanism, value, said) => {
    const { cause } = await first(cluster);
    expect(cause).toMatchObject({ mechanism, wrong_value: value });
    expect(cause?.statement).toContain(said);
    expect(cause?.statement).toContain('pod app-old-1');
  });

  const changed: More = (cluster) =>
    cluster.add('ConfigMap', 'ns', 'app', {
      metadata: {
        managedFields: [{ manager: 'kubectl', operation: 'Update', time: '2026-01-01T09:55:00Z' }],
        creationTimestamp: '2025-12-01T00:00:00Z',
      },
      data: { mode: 'fast' },
    });
  const onMap = (image = 'registry.test/app:1.0'): Fields =>
    container({ image, envFrom: [{ configMapRef: { name: 'app' } }] });

  test('same image and template: the ConfigMap that was changed since the pods that run had started', async () => {
    const { cause } = await first(upgrade(onMap(), onMap(), dull, changed));
    expect(cause).toMatchObject({
      mechanism: 'bad_config_value',
      entity: { kind: 'ConfigMap', name: 'app' },
      confidence: 'medium',
    });
    expect(cause?.statement).toContain('was changed at 2026-01-01T09:55:00Z, after that pod had started');
  });

  test('a new image on the same settings: the settings are ruled out', async () => {
    const { cause, markdown } = await first(upgrade(container({ image: 'registry.test/app:0.9' }), container(), dull));
    expect(cause).toMatchObject({ mechanism: 'bad_image_release', wrong_value: '1.0' });
    expect(markdown).toContain('its settings: pod app-old-1 runs the image of before with the same ones');
  });

  test('a new image and a changed ConfigMap: both are told', async () => {
    const { cause } = await first(upgrade(onMap('registry.test/app:0.9'), onMap(), dull, changed));
    expect(cause?.mechanism).toBe('bad_image_release');
    expect(cause?.statement).toContain('changed too, and may be it: ConfigMap app (at 2026-01-01T09:55:00Z)');
  });

  test('settings that the revision before runs on: the new image asks for more', async () => {
    const log = 'ERROR required environment variable ORDERS_URL is not set\n';
    const { cause } = await first(upgrade(container({ image: 'registry.test/app:0.9' }), container(), log));
    expect(cause).toMatchObject({ mechanism: 'missing_env', confidence: 'high' });
    expect(cause?.statement).toContain(
      'The revision before runs on the same settings (pod app-old-1, registry.test/app:0.9)',
    );
    const alone = await first(upgrade(env('a'), env('b'), log));
    expect(alone.cause?.statement).not.toContain('runs on the same settings');
  });
});
