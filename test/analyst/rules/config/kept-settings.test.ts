import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { changing, crashedPod, newPod } from '../../kinds/rollout.ts';

type Fields = Record<string, unknown>;

interface Change {
  readonly before: string;
  readonly after: string;
  /** Variables of the revision before; without them those of the new one. */
  readonly envBefore?: readonly Fields[];
  readonly env?: readonly Fields[];
  readonly data?: Record<string, string>;
  /** When the ConfigMap was written last. */
  readonly written?: string;
  readonly log: string;
}

/** The cause of a Deployment `mixer` whose new revision crashes, while a pod of the one before is ready. */
function causeAfter(change: Change): Promise<string> {
  const cluster = new TestCluster();
  cluster.node('n1');
  const written = change.written ?? '2025-11-01T08:00:00Z';
  cluster.add('ConfigMap', 'ns', 'mixer-settings', {
    metadata: {
      creationTimestamp: '2025-11-01T08:00:00Z',
      managedFields: [{ manager: 'kubectl-edit', operation: 'Update', time: written }],
    },
    data: change.data ?? { 'mixer.yaml': 'codec: opus\n' },
  });
  const spec = (image: string, env: readonly Fields[]): Fields => ({
    containers: [{ name: 'mixer', image, env, volumeMounts: [{ name: 's', mountPath: '/etc/mixer' }] }],
    volumes: [{ name: 's', configMap: { name: 'mixer-settings' } }],
  });
  const env = change.env ?? [];
  changing(cluster, 'ns', 'mixer', {
    before: { spec: spec(change.before, change.envBefore ?? env) },
    after: { spec: spec(change.after, env), status: crashedPod('mixer') },
  });
  cluster.log('ns', newPod('mixer'), 'mixer', change.log, true);
  return causeOf(cluster, 'Deployment', 'ns', 'mixer');
}

const [v1, v2] = ['registry.test/mixer:1.9', 'registry.test/mixer:2.0'];
const rate = (value: string): Fields => ({ name: 'MIXER_RATE', value });
const refused = 'ERROR invalid value "44k1" for MIXER_RATE\n';
const unknown =
  'Error: invalid configuration: /etc/mixer/mixer.yaml: unknown codec "opus", expected one of aac, flac\n';

describe('QUA-1: settings on which the revision before is ready are not what is wrong', () => {
  test.each<[what: string, change: Change, cause: string]>([
    [
      'a variable that both revisions have',
      { before: v1, after: v2, env: [rate('44k1')], log: refused },
      'Deployment mixer bad_image_release [2.0] high',
    ],
    [
      'a file that nobody has changed',
      { before: v1, after: v2, log: unknown },
      'Deployment mixer bad_image_release [2.0] high',
    ],
    [
      'a variable that came with the new revision',
      { before: v1, after: v2, env: [rate('44k1')], envBefore: [rate('44100')], log: refused },
      'Deployment mixer bad_config_value [44k1] high',
    ],
    [
      'a variable that changed alone',
      { before: v1, after: v1, env: [rate('44k1')], envBefore: [rate('44100')], log: refused },
      'Deployment mixer bad_config_value [44k1] high',
    ],
    [
      'a file that was changed after the ready pod had started',
      { before: v1, after: v2, written: '2026-01-01T09:40:00Z', log: unknown },
      'ConfigMap mixer-settings bad_config_value [opus] high',
    ],
  ])('%s', async (_what, change, cause) => {
    expect(await causeAfter(change)).toBe(cause);
  });
});
