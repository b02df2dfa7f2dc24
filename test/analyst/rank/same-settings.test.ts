import { expect, test } from 'vitest';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { gathered } from '../../../src/analyst/model/evidence-files.ts';
import { buildWorkloads } from '../../../src/analyst/model/workload.ts';
import { withoutBlame } from '../../../src/analyst/rank/same-settings.ts';
import { conclusion, rollBack } from '../../../src/analyst/rules/rule.ts';
import type { Mechanism } from '../../../src/domain/verdict/mechanism.ts';
import type { Verdict } from '../../../src/domain/verdict/verdict.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { answerAbout } from '../answer-about.ts';
import { requestFor, TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';

type Fields = Record<string, unknown>;

const noFile = 'FATAL open /etc/app/rules.yaml: no such file or directory';
const noVariable = 'ERROR required environment variable ORDERS_URL is not set';

/** The new pod says what it misses; a pod of the revision before is ready with `before`, unless `ready` is false. */
function upgraded(log: string, before: Fields, ready: boolean): TestCluster {
  const cluster = new TestCluster();
  const made = (change: Fields): Fields => ({ name: 'app', image: 'registry.test/app:1.0', ...change });
  cluster.crash('ns', 'app', {
    spec: { containers: [made({})] },
    log: `${log}\n`,
  });
  amend(cluster, 'ReplicaSet', 'app', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
  const owner = (kind: string, name: string) => [
    { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
  ];
  const spec = { containers: [made(before)] };
  cluster.add('ReplicaSet', 'ns', 'app-old', {
    metadata: {
      ownerReferences: owner('Deployment', 'app'),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: 1, template: { spec } },
    status: { readyReplicas: ready ? 1 : 0 },
  });
  cluster.add('Pod', 'ns', 'app-old-1', {
    metadata: { ownerReferences: owner('ReplicaSet', 'app-old'), labels: { app: 'app' } },
    spec: { nodeName: 'n1', ...spec },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T09:00:00Z',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  });
  cluster.node('n1');
  return cluster;
}

async function verdictOf(cluster: TestCluster): Promise<Verdict> {
  const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  return verdict;
}

async function confidence(log: string, before: Fields, ready: boolean): Promise<string | undefined> {
  const verdict = await verdictOf(upgraded(log, before, ready));
  const wanted = log === noFile ? 'missing_file' : 'missing_env';
  return verdict.causes.find(({ mechanism }) => mechanism === wanted)?.confidence;
}

const older = { image: 'registry.test/app:0.9' };
const variable = { env: [{ name: 'ORDERS_URL', value: 'http://orders' }] };

test.each<[string, string, Fields, boolean, string]>([
  ['only the image is another: not for sure', noFile, older, true, 'medium'],
  ['only the image is another, which asks for a variable by its name: for sure', noVariable, older, true, 'high'],
  ['the variable was taken away: for sure', noVariable, variable, true, 'high'],
  ['no pod of before runs: for sure', noFile, older, false, 'high'],
])('QUA-1: settings are blamed when %s', async (_title, log, before, ready, wanted) => {
  expect(await confidence(log, before, ready)).toBe(wanted);
});

/** The steps that go back, with what stands before them. */
const stepsBack = ({
  remediation,
}: Verdict): readonly (readonly [at: number, step: Verdict['remediation'][number]])[] =>
  remediation.flatMap((step, at) => (step.command?.includes('rollout undo') === true ? [[at, step] as const] : []));

test.each([
  ['missing_env', noVariable],
  ['missing_file', noFile],
])('QUA-1: %s on the settings of the revision that runs: going back to it is the last step', async (mechanism, log) => {
  const verdict = await verdictOf(upgraded(log, older, true));
  const [cause] = verdict.causes;
  expect(cause?.mechanism).toBe(mechanism);
  expect(cause?.statement).toMatch(/\. The revision before runs on the same settings \(pod app-old-1, /);
  expect(stepsBack(verdict)).toEqual([
    [
      verdict.remediation.length - 1,
      {
        action:
          'Roll app back to revision 1 (registry.test/app:0.9), which runs on the same settings, until the new image has what it asks for',
        command: 'kubectl --context c1 -n ns rollout undo deployment/app --to-revision=1',
        undo: 'kubectl --context c1 -n ns rollout undo deployment/app',
        risk: 'medium',
        reversible: true,
      },
    ],
  ]);
  expect(verdict.remediation.length).toBeGreaterThan(1);
});

test.each<[Mechanism, boolean]>([
  ['missing_env', true],
  ['bad_config_value', true],
  ['missing_file', true],
  ['wrong_endpoint', true],
  ['wrong_dns_name', true],
  ['oom_limit', false],
])('QUA-1: whatever the settings are blamed for, what runs is a way out: %s', async (mechanism, isOffered) => {
  const analyst = createAnalyst({ readersFor: () => [upgraded(noVariable, older, true).reader()] });
  const entity = { kind: 'Deployment', namespace: 'ns', name: 'app' };
  const request = requestFor(entity.kind, entity.namespace, entity.name);
  const { graph } = gathered(await analyst.collect(request, createRedactor(), new AbortController().signal));
  const view = { graph, workloads: buildWorkloads(graph), troubles: [], calls: [] };
  const given = conclusion('rule', { entity, mechanism, statement: 'It says: no.', weight: 90, evidence: [] });
  const [told] = withoutBlame([given], view);
  expect(told?.statement.startsWith('It says: no. The revision before runs')).toBe(isOffered);
  expect(told?.remediation.map(({ command }) => command)).toEqual(
    isOffered ? ['kubectl -n ns rollout undo deployment/app --to-revision=1'] : [],
  );
  // Who goes back already is not told to do so twice.
  const back = { ...given, remediation: [rollBack(entity, 'Roll back')] };
  expect(withoutBlame([back], view)[0]?.remediation).toEqual(back.remediation);
});

test('QUA-1: a revision whose number is not known is the one before', async () => {
  const cluster = upgraded(noVariable, older, true);
  amend(cluster, 'ReplicaSet', 'app-old', { metadata: { annotations: {} } });
  const [[, back] = []] = stepsBack(await verdictOf(cluster));
  expect(back).toMatchObject({
    action: expect.stringMatching(/^Roll app back to its revision before \(/) as string,
    command: 'kubectl --context c1 -n ns rollout undo deployment/app',
  });
});

test.each<[string, Fields, boolean]>([
  ['the settings are others too', { ...older, ...variable }, true],
  ['no pod of before runs', older, false],
])('QUA-1: no step goes back where %s', async (_title, before, ready) => {
  expect(stepsBack(await verdictOf(upgraded(noVariable, before, ready)))).toEqual([]);
});

const managed: Fields = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'app', 'meta.helm.sh/release-namespace': 'ns' },
};

test('QUA-1: what Helm keeps is taken back in its values too', async () => {
  const cluster = upgraded(noVariable, older, true);
  amend(cluster, 'Deployment', 'app', { metadata: managed });
  const [[, back] = []] = stepsBack(await verdictOf(cluster));
  expect(back?.action).toContain('and in the values of Helm release ns/app too');
});

test('QUA-1: what Flux keeps is not rolled back by hand', async () => {
  const cluster = upgraded(noVariable, older, true);
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
  amend(cluster, 'Deployment', 'app', { metadata: { labels } });
  expect(stepsBack(await verdictOf(cluster))).toEqual([]);
});
