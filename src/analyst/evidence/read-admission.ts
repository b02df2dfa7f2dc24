import type { KubeObject } from '../../kube/cluster-reader.ts';
import { selectorText } from '../../kube/selectors.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { entityKey, rootOwner } from '../model/entities.ts';
import { conditionAt, listAt, textAt, textsAt } from '../model/fields.ts';
import { podReferences } from '../model/pod-references.ts';
import type { Workload } from '../model/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

/** Webhooks whose backends are read. */
const maxBackends = 2;
const maxSecrets = 3;

/** The webhooks that refuse or rewrite pods, and of those whose call fails what is behind them. */
export async function readAdmission(walk: ClusterWalk, graph: EvidenceGraph, own: readonly Workload[]): Promise<void> {
  const texts = refusals(graph, own);
  const refused = texts.some((it) => /webhook|request did not complete|timeout/i.test(it));
  const changed = own.some((workload) => workload.currentPods.some((pod) => differs(workload.template, pod.object)));
  if (!refused && !changed) return;
  await Promise.all([walk.list('MutatingWebhookConfiguration'), walk.list('ValidatingWebhookConfiguration')]);
  const called = new Map<string, { namespace: string; name: string; text: string }>();
  for (const text of texts) {
    const match = /https?:\/\/([\w-]+)\.([\w-]+)\.svc/.exec(text);
    if (match) called.set(match[0], { namespace: match[2] ?? '', name: match[1] ?? '', text });
  }
  await Promise.all([...called.values()].slice(0, maxBackends).map((it) => readBackend(walk, graph, it)));
}

function refusals(graph: EvidenceGraph, own: readonly Workload[]): readonly string[] {
  const objects = own.flatMap(({ object, replicaSets }) => [object, replicaSets[0]]);
  return [
    ...graph.events.filter((it) => it.reason === 'FailedCreate').map((it) => it.message),
    ...objects.map((object) => textAt(conditionAt(object, 'ReplicaFailure', 'True'), 'message')),
  ].filter((it) => it !== '');
}

/** The Service of a webhook, its addresses, pods and workload; where certificates are the matter their Secrets too. */
async function readBackend(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  { namespace, name, text }: { namespace: string; name: string; text: string },
): Promise<void> {
  const service = await walk.get('Service', namespace, name);
  if (!service) return;
  const labelSelector = selectorText(textsAt(service, 'spec', 'selector'));
  const [, pods] = await Promise.all([
    walk.list('EndpointSlice', { namespace, labelSelector: `kubernetes.io/service-name=${name}` }),
    labelSelector === '' ? [] : walk.list('Pod', { namespace, labelSelector, limit: 20 }),
  ]);
  if (/x509|certificate|tls:/i.test(text)) await readCertificates(walk, namespace, pods);
  if (/no endpoints|refused/.test(text)) await readBehind(walk, graph, namespace, pods);
}

async function readCertificates(walk: ClusterWalk, namespace: string, pods: readonly KubeObject[]): Promise<void> {
  const [pod] = pods;
  const names = podReferences(pod?.['spec']).flatMap((reference) =>
    reference.kind === 'Secret' && reference.how === 'volume' ? [reference.name] : [],
  );
  await Promise.all([...new Set(names)].slice(0, maxSecrets).map((name) => walk.get('Secret', namespace, name)));
}

/** Who should answer and does not: the workload, and the last log of a pod that is not ready. */
async function readBehind(
  walk: ClusterWalk,
  graph: EvidenceGraph,
  namespace: string,
  pods: readonly KubeObject[],
): Promise<void> {
  if (pods.length === 0) {
    await walk.list('Deployment', { namespace, limit: 50 });
    return;
  }
  const owners = new Map(pods.map((pod) => rootOwner(graph, pod)).map((owner) => [entityKey(owner), owner]));
  await Promise.all([...owners.values()].slice(0, 1).map((it) => walk.get(it.kind, it.namespace, it.name)));
  const bad = pods.find((pod) => conditionAt(pod, 'Ready', 'True') === undefined);
  const status = listAt(bad, 'status', 'containerStatuses').find((it) => textAt(it, 'ready') === 'false');
  if (!bad || Number(textAt(status, 'restartCount')) === 0) return;
  await walk.log(namespace, bad.metadata.name, textAt(status, 'name'), true);
}

/** Whether a pod has other resources, images or commands than its template: something rewrote it. */
function differs(template: unknown, pod: unknown): boolean {
  const part = (spec: unknown): string =>
    JSON.stringify(
      listAt(spec, 'containers').map((it) => [textAt(it, 'image'), textAt(it, 'resources', 'limits', 'memory')]),
    );
  return part(template) !== part((pod as { spec?: unknown }).spec);
}
