import { dig, listAt, textAt } from '../../model/fields.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { says } from '../../model/lexicon.ts';
import { entryRef, entryThat, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const memberOrderRules: readonly Rule[] = [
  {
    id: 'member-order',
    catalogue: [62],
    needs:
      'a log of a StatefulSet’s pod that cannot find another member of the set, and the order in which members are made',
    unless: 'the member is there and ready, or the policy is Parallel',
    conclude: (view) =>
      view.troubles.flatMap((trouble) => waitsForLater(view, trouble) ?? unpublished(view, trouble) ?? []),
  },
];

/** Another member that a pod of a StatefulSet cannot find or reach: its name and number. */
function memberMissed({ workload, pod, text }: Trouble): { readonly name: string; readonly at: number } | null {
  const { entity } = workload;
  if (entity.kind !== 'StatefulSet' || pod.ready || !(says.unresolved.test(text) || says.refused.test(text)))
    return null;
  for (const [word] of text.matchAll(/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?/g)) {
    const at = /-(\d+)$/.exec(word)?.[1];
    if (at !== undefined && word === `${entity.name}-${at}` && word !== pod.name) return { name: word, at: Number(at) };
  }
  return null;
}

/** A member that waits for one which is made only when it is ready itself. */
function waitsForLater({ graph }: RuleView, trouble: Trouble): Conclusion | null {
  const { workload, pod } = trouble;
  const { entity, object, pods, desired } = workload;
  const missed = memberMissed(trouble);
  const policy = textAt(object, 'spec', 'podManagementPolicy') || 'OrderedReady';
  if (!missed || !object || policy !== 'OrderedReady' || pods.some(({ name }) => name === missed.name)) return null;
  const own = Number(/-(\d+)$/.exec(pod.name)?.[1] ?? NaN);
  if (!(missed.at > own) || missed.at >= desired) return null;
  return conclusion('member-order', {
    entity,
    mechanism: 'rollout_deadlock',
    wrongValue: textAt(object, 'spec', 'podManagementPolicy') || missed.name,
    statement: `Pod ${pod.name} gets ready only when it finds ${missed.name}, and ${entityText(entity)} makes ${missed.name} only when ${pod.name} is ready (podManagementPolicy OrderedReady), so both wait for ever: ${said(trouble)}`,
    weight: 96,
    evidence: [
      ...quoteOf(graph, trouble),
      graph.fieldRef(object, 'podManagementPolicy', policy),
      graph.fieldRef(object, 'replicas', desired),
      graph.fieldRef(object, 'readyReplicas', 0),
    ],
    ruledOut: `the cluster's DNS: there is no pod ${missed.name} yet whose name could resolve`,
    remediation: step(
      `Keep this manifest, set podManagementPolicy: Parallel in it and create ${entity.name} again from it, deleted with --cascade=orphan so that its pods stay (the field cannot be changed in place); or let the readiness of ${pod.name} not depend on the others`,
      `kubectl -n ${entity.namespace} get statefulset ${entity.name} -o yaml`,
      'none',
    ),
  });
}

/** Members that are all there, and whose names are published only when they are ready. */
function unpublished({ graph, troubles }: RuleView, trouble: Trouble): Conclusion | null {
  const { workload, pod, text } = trouble;
  const { entity, object, pods } = workload;
  const missed = memberMissed(trouble);
  const service = graph.get('Service', entity.namespace, textAt(object, 'spec', 'serviceName'));
  if (!missed || !service || !says.unresolved.test(text)) return null;
  if (dig(service, 'spec', 'publishNotReadyAddresses') === true || pods.some(({ ready }) => ready)) return null;
  // One that waits for another is no deadlock, when that other fails for a reason of its own.
  const other = troubles.find((one) => one.pod.name === missed.name);
  if (!other || memberMissed(other) === null) return null;
  return conclusion('members-unpublished', {
    entity: entityOf(service),
    mechanism: 'rollout_deadlock',
    wrongValue: missed.name,
    statement: `The pods of ${entityText(entity)} wait for each other: each gets ready only when it finds the others, and Service ${service.metadata.name} publishes the name of a pod only when it is ready (publishNotReadyAddresses is not set). ${pod.name} says: ${said(trouble)}`,
    weight: 95,
    evidence: [
      ...quoteOf(graph, trouble),
      reasonRef(graph, other),
      graph.fieldRef(service, 'clusterIP', textAt(service, 'spec', 'clusterIP')),
      listAt(service, 'spec', 'ports').length > 0 ? graph.refIn(entityOf(service), '"ports"') : null,
    ],
    affects: [entity],
    ruledOut: `a missing member: ${missed.name} runs`,
    remediation: edit(`Set publishNotReadyAddresses: true on Service ${service.metadata.name}`, entityOf(service)),
  });
}

const said = (trouble: Trouble): string => {
  const entry = entryThat(trouble, says.unresolved) ?? entryThat(trouble, says.refused);
  return entry?.message ?? trouble.reason?.text ?? '';
};

function quoteOf(graph: EvidenceGraph, trouble: Trouble) {
  const entry = entryThat(trouble, says.unresolved) ?? entryThat(trouble, says.refused);
  return [entry ? entryRef(graph, trouble, entry) : reasonRef(graph, trouble)];
}
