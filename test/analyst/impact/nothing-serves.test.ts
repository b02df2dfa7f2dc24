import { expect, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { wordsOn } from './words-on.ts';

type Named = readonly [kind: string, namespace: string | null, name: string];

const app: Named = ['Deployment', 'ns', 'app'];

/** A Deployment that is down behind a Service without an endpoint, with what is given beside it. */
function down(more: (cluster: TestCluster) => void): TestCluster {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', { log: 'boom' });
  cluster.service('ns', 'app');
  cluster.endpoints('ns', 'app', []);
  more(cluster);
  return cluster;
}

function ingressTo(cluster: TestCluster, ...backends: readonly Record<string, unknown>[]): void {
  const paths = backends.map((backend) => ({ path: '/', backend }));
  cluster.add('Ingress', 'ns', 'front', { spec: { rules: [{ http: { paths } }] } });
}

const service = (name: string): Record<string, unknown> => ({ service: { name } });

/** The spec of a Deployment whose pods are reached by the addresses of their nodes. */
const onNode = {
  spec: {
    replicas: 1,
    template: { metadata: { labels: { app: 'app' } }, spec: { hostNetwork: true, containers: [] } },
  },
};

test.each<[string, Named, TestCluster]>([
  ['a Deployment', app, down(() => {})],
  ['its Service', ['Service', 'ns', 'app'], down(() => {})],
  ['an Ingress to it', ['Ingress', 'ns', 'front'], down((it) => ingressTo(it, service('app')))],
  ['the namespace of it alone', ['Namespace', null, 'ns'], down((it) => it.add('Namespace', null, 'ns'))],
  [
    'all of its Services',
    app,
    down((it) => {
      it.service('ns', 'admin', { selector: { app: 'app' } });
      it.endpoints('ns', 'admin', []);
    }),
  ],
])('QUA-4: nothing serves, and it is said: %s', async (_what, object, cluster) => {
  expect(await wordsOn(cluster, ...object)).toMatch(
    /^Nothing serves: 0 of 1 pod of Deployment ns\/app is ready; Service/,
  );
});

test.each<[string, Named, TestCluster]>([
  [
    'workloads of a namespace without a Service, which are ready',
    ['Namespace', null, 'ns'],
    down((it) => {
      it.add('Namespace', null, 'ns');
      it.running('ns', 'mailer', 'sent');
      it.running('ns', 'indexer', 'indexed');
    }),
  ],
  [
    'a Service that was not read beside the empty one',
    app,
    down((it) => it.service('ns', 'web', { selector: { app: 'app' } })),
  ],
  [
    'a Service that lists pods which are not ready too',
    app,
    down((it) => {
      it.service('ns', 'peers', { headless: true });
      amend(it, 'Service', 'peers', { spec: { selector: { app: 'app' }, publishNotReadyAddresses: true } });
      it.endpoints('ns', 'peers', ['10.0.0.9']);
    }),
  ],
  [
    'an Ingress to another Service, whose slices were not read',
    ['Ingress', 'ns', 'front'],
    down((it) => {
      it.running('ns', 'other', 'listening');
      it.service('ns', 'other');
      ingressTo(it, service('app'), service('other'));
    }),
  ],
  [
    'an Ingress to an object of another kind',
    ['Ingress', 'ns', 'front'],
    down((it) => ingressTo(it, service('app'), { resource: { kind: 'StorageBucket', name: 'static' } })),
  ],
  ['pods that a port of their node reaches', app, down((it) => amend(it, 'Deployment', 'app', onNode))],
  [
    'a canary whose primary serves',
    app,
    down((it) => {
      it.running('ns', 'app-primary', 'listening');
      const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'app', uid: 'u', controller: true };
      amend(it, 'Deployment', 'app-primary', { metadata: { ownerReferences: [canary] } });
    }),
  ],
  ['what is scaled to zero', app, down((it) => amend(it, 'Deployment', 'app', { spec: { replicas: 0 } }))],
])('QUA-4: that nothing serves is not said, the Service without an endpoint is: %s', async (_what, object, cluster) => {
  const words = await wordsOn(cluster, ...object);
  expect(words).toMatch(/; Service ns\/app has no ready endpoint[;.]/);
  expect(words).toMatch(/^(?:\d|No pod)/);
});
