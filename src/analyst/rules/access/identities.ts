import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt, timeAt } from '../../model/fields.ts';
import { cloudIdentities, says } from '../../model/lexicon.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Quotes, type Rule, step, where } from '../rule.ts';

export const identityRules: readonly Rule[] = [
  {
    id: 'token-refused',
    catalogue: [109],
    needs: 'a log of a token that the API server does not take, the ServiceAccount and the token volumes of the pod',
    unless: 'the account is older than the pod, and its tokens are for the API server',
    conclude: eachCrash(tokenRefused),
  },
  {
    id: 'cloud-identity',
    catalogue: [109],
    needs: 'a log of a call that a cloud provider refuses, and the annotations of the ServiceAccount',
    unless: 'the ServiceAccount has the annotation, and the message does not speak of taking the identity',
    conclude: eachCrash(cloudIdentity),
  },
];

const accountOf = (graph: EvidenceGraph, { pod }: Trouble) =>
  graph.get('ServiceAccount', pod.namespace, textAt(pod.object, 'spec', 'serviceAccountName') || 'default');

/** The API server does not know who asks: another audience, or the token of an account that was made anew. */
function tokenRefused(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  if (!says.tokenRefused.test(trouble.text)) return null;
  const { pod, workload } = trouble;
  const account = accountOf(graph, trouble);
  const made = account?.metadata.creationTimestamp ?? '';
  const isNewer = made !== '' && Date.parse(made) > (timeAt(pod.object, 'metadata', 'creationTimestamp') ?? Infinity);
  const audience = audienceOf(pod.object);
  const shared = {
    mechanism: 'wrong_credential' as const,
    weight: 94,
    affects: [workload.entity],
    ruledOut: 'missing rights: the API server does not know who asks',
  };
  if (account && isNewer)
    return conclusion('token-of-former-account', {
      ...shared,
      entity: workload.entity,
      wrongValue: account.metadata.name,
      statement: `ServiceAccount ${account.metadata.name} was made anew at ${made}, after pod ${pod.name} had started: the ${where(trouble)} still shows the token of the former one, which the API server does not take.`,
      evidence: [
        reasonRef(graph, trouble),
        graph.fieldRef(account, 'creationTimestamp', made),
        ...endRefs(graph, trouble),
      ],
      remediation: step(
        `Restart ${workload.entity.name}, so that its pods get tokens of the new ServiceAccount`,
        `kubectl -n ${pod.namespace} rollout restart ${workload.entity.kind.toLowerCase()}/${workload.entity.name}`,
        'medium',
      ),
    });
  if (audience === null) return null;
  return conclusion('token-audience', {
    ...shared,
    entity: workload.entity,
    wrongValue: audience,
    statement: `The ${where(trouble)} shows the API server a token that was made for the audience "${audience}", and is not known to it.`,
    confidence: 'medium',
    evidence: [reasonRef(graph, trouble), graph.fieldRef(pod.object, 'audience', audience), ...endRefs(graph, trouble)],
    remediation: edit(
      `Take the audience of the token volume out, so that the token is for the API server`,
      workload.entity,
    ),
  });
}

/** The audience of a projected token of a pod; null when each is for the API server itself. */
function audienceOf(pod: unknown): string | null {
  for (const volume of listAt(pod, 'spec', 'volumes')) {
    for (const source of listAt(volume, 'projected', 'sources')) {
      const audience = textAt(source, 'serviceAccountToken', 'audience');
      if (audience !== '' && !/kubernetes\.default/.test(audience)) return audience;
    }
  }
  return null;
}

type Cloud = (typeof cloudIdentities)[number];

interface Refused {
  readonly graph: EvidenceGraph;
  readonly trouble: Trouble;
  readonly cloud: Cloud;
  readonly account: KubeObject;
  readonly evidence: Quotes;
  readonly text: string;
}

/** A call to a cloud provider that goes out without an identity of the workload, or with one that its role does not trust. */
function cloudIdentity(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const cloud = cloudIdentities.find(({ refused }) => refused.test(trouble.text));
  const account = cloud ? accountOf(graph, trouble) : null;
  if (!cloud || !account) return null;
  const evidence = [reasonRef(graph, trouble), ...endRefs(graph, trouble)];
  const refused: Refused = { graph, trouble, cloud, account, evidence, text: trouble.reason?.text ?? '' };
  const value = account.metadata.annotations?.[cloud.annotation];
  if (value === undefined) return cloud.lacksIdentity.test(trouble.text) ? withoutIdentity(refused) : null;
  const spec = JSON.stringify(trouble.pod.object['spec'] ?? {});
  if (cloud.variable !== null && !spec.includes(`"${cloud.variable}"`)) return tooLate(refused);
  return cloud.notTrusted.test(trouble.text) ? notTrusted(refused, value) : null;
}

function withoutIdentity({ graph, trouble, cloud, account, evidence, text }: Refused): Conclusion {
  const { pod, workload } = trouble;
  const entity = entityOf(account);
  const other = graph
    .all('ServiceAccount', pod.namespace)
    .find((it) => it.metadata.annotations?.[cloud.annotation] !== undefined);
  return conclusion('cloud-identity-missing', {
    entity,
    mechanism: 'other',
    // A missing annotation stands nowhere, unless another account has it.
    wrongValue: other ? cloud.annotation : account.metadata.name,
    statement: `${entityText(entity)}, as which the ${where(trouble)} runs, has no annotation ${cloud.annotation}, so it calls ${cloud.provider} without an identity of its own${other ? ` (ServiceAccount ${other.metadata.name} has one)` : ''}: ${text}`,
    weight: 95,
    confidence: other ? 'high' : 'medium',
    evidence: [
      ...evidence,
      graph.fieldRef(account, 'name', account.metadata.name),
      other ? graph.refIn(entityOf(other), `"${cloud.annotation}"`) : null,
    ],
    affects: [workload.entity],
    ruledOut: 'RBAC of the cluster: the provider has refused, not the API server',
    remediation: edit(`Annotate ${entity.name} with ${cloud.annotation}, then restart ${workload.entity.name}`, entity),
  });
}

function tooLate({ graph, trouble, cloud, account, evidence, text }: Refused): Conclusion {
  const { pod, workload } = trouble;
  const entity = entityOf(account);
  return conclusion('cloud-identity-late', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: cloud.annotation,
    statement: `Pod ${pod.name} was made before ${entityText(entity)} got its annotation ${cloud.annotation}, or the webhook that reads it did not run: the pod has no ${cloud.variable}, so it calls ${cloud.provider} without that identity: ${text}`,
    weight: 92,
    confidence: 'medium',
    evidence: [...evidence, graph.refIn(entity, `"${cloud.annotation}"`)],
    affects: [workload.entity],
    remediation: step(
      `Restart ${workload.entity.name}, so that its pods get the identity`,
      `kubectl -n ${pod.namespace} rollout restart ${workload.entity.kind.toLowerCase()}/${workload.entity.name}`,
      'medium',
    ),
  });
}

function notTrusted({ graph, trouble, cloud, account, evidence, text }: Refused, value: string): Conclusion {
  const entity = entityOf(account);
  const subject = `system:serviceaccount:${entity.namespace}:${entity.name}`;
  return conclusion('cloud-role-trust', {
    entity,
    mechanism: 'other',
    wrongValue: value,
    statement: `${cloud.provider} does not let ${entityText(entity)} take the identity ${value} (annotation ${cloud.annotation}): the name is wrong, or its trust does not name ${subject}: ${text}`,
    weight: 92,
    confidence: 'medium',
    evidence: [...evidence, graph.fieldRef(account, cloud.annotation, value)],
    affects: [trouble.workload.entity],
    ruledOut: 'a missing annotation: it is there',
    remediation: edit(
      `Correct ${cloud.annotation} of ${entity.name}, or let the trust of ${value} name ${subject}`,
      entity,
    ),
  });
}
