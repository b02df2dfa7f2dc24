import { entityOf, entityText, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph, ClusterEvent } from '../../model/evidence-graph.ts';
import { recordAt } from '../../model/fields.ts';
import { type PodReference, podReferences } from '../../model/pod-references.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, type Rule, step } from '../rule.ts';

/** What the kubelet says about a pod that it cannot set up: container messages and warning events. */
function setupMessages(graph: EvidenceGraph, pod: PodView) {
  const path = fileOf(entityOf(pod.object));
  const waiting = pod.containers
    .filter((it) => /ConfigError|CreateContainerError/.test(it.waitingReason))
    .map((it) => ({ text: it.waitingMessage, ref: graph.ref(path, it.waitingMessage) }));
  const events = graph
    .eventsOf(entityOf(pod.object))
    .filter((it: ClusterEvent) => it.warning && ['Failed', 'FailedMount', 'FailedAttachVolume'].includes(it.reason))
    .map((it) => ({ text: it.message, ref: graph.eventRef(it) }));
  return [...waiting, ...events];
}

const notStarted = (pod: PodView): boolean =>
  !pod.deleting &&
  !pod.ready &&
  pod.containers.some((it) => it.waitingReason !== '' && it.waitingReason !== 'CrashLoopBackOff');

function missingObjects(graph: EvidenceGraph, workload: Workload): Conclusion[] {
  const pods = workload.pods.filter(notStarted).slice(0, 3);
  return pods.flatMap((pod) => {
    const messages = setupMessages(graph, pod);
    return podReferences(pod.object['spec']).flatMap((reference): Conclusion[] => {
      if (reference.optional || reference.how === 'imagePullSecret' || reference.kind === 'PersistentVolumeClaim')
        return [];
      const found =
        missingObject(graph, workload, pod, reference, messages) ??
        missingKey(graph, workload, pod, reference, messages);
      return found ? [found] : [];
    });
  });
}

type Messages = ReturnType<typeof setupMessages>;

function missingObject(
  graph: EvidenceGraph,
  workload: Workload,
  pod: PodView,
  reference: PodReference,
  messages: Messages,
): Conclusion | null {
  const { kind, name } = reference;
  const said = messages.find((it) => it.text.includes(`${kind.toLowerCase()} "${name}" not found`));
  const absent = graph.absent(kind, pod.namespace, name);
  if (!said && (!absent || messages.length === 0)) return null;
  if (graph.get(kind, pod.namespace, name)) return null;
  const use = useOf(reference);
  return conclusion(`${kind.toLowerCase()}-missing`, {
    entity: { kind, namespace: pod.namespace, name },
    mechanism: kind === 'Secret' ? 'missing_secret' : 'missing_configmap',
    wrongValue: name,
    statement: `${entityText(workload.entity)} takes ${use} from ${kind} ${name}, which does not exist in namespace ${pod.namespace}.`,
    weight: 94,
    evidence: [
      said?.ref,
      absent,
      graph.refIn(
        entityOf(pod.object),
        `"${reference.how === 'volume' && kind === 'Secret' ? 'secretName' : 'name'}": "${name}"`,
      ),
    ],
    affects: [workload.entity],
    ruledOut: 'the image and the application: no container of the pod has started',
    remediation: step(
      `Create ${kind} ${name} in namespace ${pod.namespace}, or correct the name in ${workload.entity.kind} ${workload.entity.name}`,
      `kubectl -n ${pod.namespace} create ${kind === 'Secret' ? 'secret generic' : 'configmap'} ${name} --from-literal=<key>=<value>`,
      'low',
    ),
  });
}

function missingKey(
  graph: EvidenceGraph,
  workload: Workload,
  pod: PodView,
  reference: PodReference,
  messages: Messages,
): Conclusion | null {
  const { kind, name, key } = reference;
  if (key === null) return null;
  const object = graph.get(kind, pod.namespace, name);
  const keys = Object.keys({ ...recordAt(object, 'data'), ...recordAt(object, 'binaryData') });
  const said = messages.find(
    (message) =>
      message.text.includes(`key ${key} in`) ||
      (/non-existent (?:config|secret) key: /.test(message.text) && message.text.endsWith(`key: ${key}`)),
  );
  if (!said && (object === null || keys.includes(key) || messages.length === 0)) return null;
  return conclusion('key-missing', {
    entity: { kind, namespace: pod.namespace, name },
    mechanism: 'missing_key',
    wrongValue: key,
    statement: `${kind} ${name} lacks the key ${key}, which ${entityText(workload.entity)} takes as ${useOf(reference)}${keys.length === 0 ? '' : ` (its keys: ${keys.slice(0, 8).join(', ')})`}.`,
    weight: 94,
    evidence: [
      said?.ref,
      graph.refIn(entityOf(pod.object), `"key": "${key}"`),
      ...keys.slice(0, 2).map((it) => graph.ref(`evidence/objects/${pod.namespace}/${kind}/${name}.json`, `"${it}":`)),
    ],
    affects: [workload.entity],
    ruledOut: `a missing ${kind}: ${name} exists`,
    remediation: step(
      `Add the key ${key} to ${kind} ${name}, or refer to a key that exists`,
      `kubectl -n ${pod.namespace} edit ${kind.toLowerCase()} ${name}`,
      'low',
    ),
  });
}

function useOf(reference: PodReference): string {
  if (reference.how === 'env') return `the variable ${reference.by}`;
  if (reference.how === 'envFrom') return 'its environment';
  return `the volume ${reference.by}`;
}

export const referenceRules: readonly Rule[] = [
  {
    id: 'reference-missing',
    catalogue: [26, 27, 28],
    needs: 'a pod that is not set up, and the absence of what it names or the kubelet saying so',
    unless: 'what is referred to exists and has the key',
    conclude: ({ graph, workloads }) => workloads.flatMap((it) => missingObjects(graph, it)),
  },
];
