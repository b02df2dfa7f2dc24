import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause } from '../crash-cause.ts';

const noMatch = (kind: string, version: string) => `no matches for kind "${kind}" in version "${version}"`;
const crd =
  (name: string, ...served: string[]) =>
  (cluster: TestCluster) => {
    const versions = served.map((version) => ({ name: version, served: true }));
    cluster.add('CustomResourceDefinition', null, name, { spec: { versions } });
  };
const missing = (name: string, word: string) => `CustomResourceDefinition ${name} crd_missing [${word}] high`;
const gone = (version: string) => `Deployment app api_removed [${version}] high`;

describe('QUA-1: a kind that the cluster does not know', () => {
  test.each<CrashCase>([
    [
      'a controller, JSON',
      { log: JSON.stringify({ level: 'error', msg: 'unable to start', error: noMatch('Widget', 'acme.test/v1') }) },
      missing('widgets.acme.test', 'Widget'),
    ],
    [
      'the errors before the last one, which only follows',
      {
        log: `E0101 10:00:00.000000       1 source.go:1] ${noMatch('Policy', 'acme.test/v1')}\nE0101 10:02:00.000000       1 main.go:1] problem running manager: timed out waiting for cache to be synced`,
      },
      missing('policies.acme.test', 'Policy'),
    ],
    [
      'kubectl',
      {
        log: `error: resource mapping not found for name: "a" namespace: "" from "x.yaml": ${noMatch('Mesh', 'acme.test/v1alpha1')}`,
      },
      missing('meshes.acme.test', 'Mesh'),
    ],
    [
      'a list that fails',
      {
        log: 'E0101 10:00:00.000000       1 reflector.go:1] failed to list: the server could not find the requested resource (get gateways.acme.test)',
      },
      missing('gateways.acme.test', 'gateways'),
    ],
    [
      'Java',
      {
        log: 'ERROR Failure executing: GET at: https://10.96.0.1/apis/acme.test/v1/namespaces/ns/widgets. Message: Not Found (404)',
      },
      missing('widgets.acme.test', 'widgets'),
    ],
    [
      'the definition by its name',
      { log: 'FATAL customresourcedefinitions.apiextensions.k8s.io "widgets.acme.test" not found' },
      missing('widgets.acme.test', 'widgets'),
    ],
    [
      'a warning before an end for another reason',
      { log: `WARN skipping monitors: ${noMatch('Monitor', 'acme.test/v1')}\nERROR license: wrong columns` },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a warning before an end that only follows from it',
      {
        log: `WARN watch: ${noMatch('Monitor', 'acme.test/v1')}\nERROR problem running manager: timed out waiting for cache to be synced`,
      },
      missing('monitors.acme.test', 'Monitor'),
    ],
    [
      'the definition serves other versions',
      { log: `ERROR ${noMatch('Widget', 'acme.test/v1beta1')}` },
      gone('acme.test/v1beta1'),
      crd('widgets.acme.test', 'v1'),
    ],
    // Versions of Kubernetes' own API.
    ['policy/v1beta1', { log: `ERROR ${noMatch('PodDisruptionBudget', 'policy/v1beta1')}` }, gone('policy/v1beta1')],
    [
      'a Go client names the version only',
      { log: 'ERROR failed to list *v1beta1.CronJob: the server could not find the requested resource' },
      gone('v1beta1'),
    ],
    [
      'autoscaling',
      { log: `FATAL ${noMatch('HorizontalPodAutoscaler', 'autoscaling/v2beta2')}` },
      gone('autoscaling/v2beta2'),
    ],
    // Another mechanism.
    [
      'the definition is there and serves it: installed since',
      { log: `ERROR ${noMatch('Widget', 'acme.test/v1')}` },
      'Deployment app app_exit [1] medium',
      crd('widgets.acme.test', 'v1'),
    ],
    [
      'an object that is not there',
      { log: 'ERROR widgets.acme.test "main" not found' },
      'Deployment app app_exit [1] medium',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('one that runs and cannot do its work: a lead', async () => {
    const cluster = new TestCluster();
    const line = `ERROR reconcile: ${noMatch('Widget', 'acme.test/v1')}\n`;
    cluster.running('ns', 'app', line.repeat(5), {}, false);
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(
      'CustomResourceDefinition widgets.acme.test crd_missing [Widget] medium',
    );
  });
});
