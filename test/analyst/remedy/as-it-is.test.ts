import { describe, expect, test } from 'vitest';
import { gathered, readEvidence } from '../../../src/analyst/model/evidence-files.ts';
import { objectPath } from '../../../src/analyst/model/evidence-paths.ts';
import { asItIs } from '../../../src/analyst/remedy/as-it-is.ts';
import { step } from '../../../src/analyst/rules/rule.ts';
import { TestCluster } from '../cluster.ts';

type Fields = Record<string, unknown>;
type Kept = readonly [kind: string, name: string, fields?: Fields];

const owner = (apiVersion: string, kind: string, name: string): Fields => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }],
});

/** What becomes of a command over these objects of the namespace `shop`. */
function over(objects: readonly Kept[], command: string, action = 'Change it') {
  const cluster = new TestCluster();
  for (const [kind, name, fields] of objects) cluster.add(kind, 'shop', name, fields);
  const files = cluster.objects.map((it) => ({
    path:
      it.kind === 'Event'
        ? 'evidence/events/shop.json'
        : objectPath(it.kind, it.metadata.namespace ?? null, it.metadata.name),
    text: it.kind === 'Event' ? JSON.stringify([it], null, 1) : JSON.stringify(it, null, 2),
  }));
  const { graph } = gathered(readEvidence(files));
  return asItIs(step(action, `kubectl -n shop ${command}`, 'low'), graph);
}

const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };

describe('QUA-1: a step is for who keeps the object as it is', () => {
  test.each(['edit deployment web', 'set image deployment/web web=web:2', 'scale deployment web --replicas=2'])(
    '%s would be taken back: the change belongs into the source',
    (command) => {
      expect(over([['Deployment', 'web', { metadata: { labels: flux } }]], command)).toMatchObject({
        action: 'Change it: in Kustomization flux-system/apps of Flux, which takes back what is changed by hand',
        command: 'kubectl -n flux-system get kustomization.kustomize.toolkit.fluxcd.io apps -o yaml',
        undo: 'put back in the same place what stood there',
      });
    },
  );

  test('a Helm release takes nothing back until its next upgrade', () => {
    const metadata = {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'web' },
    };
    expect(over([['ConfigMap', 'conf', { metadata }]], 'edit configmap conf')).toMatchObject({
      action:
        'Change it, and in the values of Helm release shop/web too, whose next upgrade takes back what is changed by hand',
      command: 'kubectl -n shop edit configmap conf',
    });
  });

  test.each([
    'get deployment web -o yaml',
    'describe deployment web',
    'rollout restart deployment/web',
    'delete deployment web',
  ])('%s changes nothing that is described elsewhere', (command) => {
    expect(over([['Deployment', 'web', { metadata: { labels: flux } }]], command).command).toBe(
      `kubectl -n shop ${command}`,
    );
  });
});

describe('QUA-1: a step is for the object that can be changed', () => {
  const web: Kept = ['Deployment', 'web'];
  const set: Kept = ['ReplicaSet', 'web-1', { metadata: owner('apps/v1', 'Deployment', 'web') }];
  const pod: Kept = ['Pod', 'web-1-a', { metadata: owner('apps/v1', 'ReplicaSet', 'web-1') }];

  test.each([
    ['edit pod web-1-a', [web, set, pod], 'edit deployment web'],
    ['set env pod/web-1-a A=b', [web, set, pod], 'set env deployment/web A=b'],
    ['set image replicaset/web-1 web=web:2', [web, set], 'set image deployment/web web=web:2'],
    [
      'edit job run-1',
      [
        ['CronJob', 'run'],
        ['Job', 'run-1', { metadata: owner('batch/v1', 'CronJob', 'run') }],
      ],
      'edit cronjob run',
    ],
    ['edit pod web-1-a', [pod, set], 'edit deployment web'],
    ['set image pod/alone app=app:2', [['Pod', 'alone']], 'set image pod/alone app=app:2'],
  ] as [string, Kept[], string][])('%s', (command, objects, better) => {
    expect(over(objects, command).command).toBe(`kubectl -n shop ${better}`);
  });

  test.each(['Job', 'Pod'])('a %s alone is made anew', (kind) => {
    expect(over([[kind, 'alone']], `edit ${kind.toLowerCase()} alone`)).toMatchObject({
      action: `Change it: ${kind} shop/alone cannot be changed in place. Keep what this command shows, delete it, and create it again with the change`,
      command: `kubectl -n shop get ${kind.toLowerCase()} alone -o yaml`,
    });
  });

  test('a pod of an operator is changed in what the operator reads', () => {
    const made: Kept = ['StatefulSet', 'db', { metadata: owner('db.example/v1', 'Database', 'main') }];
    const one: Kept = ['Pod', 'db-0', { metadata: owner('apps/v1', 'StatefulSet', 'db') }];
    expect(over([made, one], 'edit pod db-0').command).toBe('kubectl -n shop edit database.db.example main');
  });

  test('a static pod has its manifest on its node', () => {
    const fixed: Kept = ['Pod', 'proxy-n1', { metadata: owner('v1', 'Node', 'n1') }];
    expect(over([fixed], 'edit pod proxy-n1')).toMatchObject({
      action: 'Change it, in its manifest on node n1',
      command: null,
    });
  });
});

test.each(['Look at its volumes', 'See why it is not ready', 'Check who made it', 'Read its events'])(
  'QUA-1: %s: the command only reads',
  (action) => {
    expect(over([['Deployment', 'web']], 'edit deployment web', action)).toMatchObject({
      command: 'kubectl -n shop get deployment web -o yaml',
      risk: 'none',
    });
  },
);

describe('QUA-1: how many replicas', () => {
  const event = (message: string): Kept => [
    'Event',
    'web.1',
    {
      involvedObject: { kind: 'Deployment', namespace: 'shop', name: 'web' },
      reason: 'ScalingReplicaSet',
      message,
      type: 'Normal',
    },
  ];
  const scaler: Kept = [
    'HorizontalPodAutoscaler',
    'web',
    {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 3,
        maxReplicas: 9,
      },
    },
  ];
  const command = 'scale deployment web --replicas=<n>';

  test.each([
    ['as before it was scaled down', [event('Scaled down replica set web-1 from 4 to 0')], '4'],
    ['what its autoscaler keeps', [scaler], '3'],
    ['as before, not what the autoscaler keeps', [scaler, event('Scaled down replica set web-1 from 5 to 0')], '5'],
    ['nobody knows', [event('Scaled down replica set web-1 from 4 to 2')], '<n>'],
  ] as [string, Kept[], string][])('%s', (_, objects, count) => {
    expect(over([['Deployment', 'web'], ...objects], command).command).toBe(
      `kubectl -n shop scale deployment web --replicas=${count}`,
    );
  });
});
