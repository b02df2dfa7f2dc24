import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';
import { backendFinders } from './backend-calls.ts';
import { type CallClass, readCall, readDenial } from './call-classes.ts';
import { certificateFinders } from './certificate-calls.ts';
import { backendOf } from './webhook-backend.ts';
import { type Call, called, type Finder, logsCommand, type Refusal } from './webhook-call.ts';

/** An admission webhook that fails or says no, or a policy that does; null when none is named. */
export function webhookRefusal(refusal: Refusal): Conclusion | null {
  const { graph, text } = refusal;
  const denial = readDenial(text);
  const name = /(?:failed calling webhook|admission webhook) "([^"]+)"/.exec(text)?.[1];
  if (denial) return denied(refusal, denial, name ?? null);
  if (name === undefined) return null;
  const owner = webhookOwner(graph, name);
  const reason = readCall(text);
  const parts = /^([\w-]+)\.([\w-]+)\.svc\b/.exec(reason.host ?? '');
  const named = /service "([^"]+)"/.exec(reason.said)?.[1];
  const service = parts
    ? { kind: 'Service', namespace: parts[2] ?? null, name: parts[1] ?? '' }
    : serviceOf(owner?.webhook, named);
  return explain({
    ...refusal,
    name,
    entity: owner ? entityOf(owner.object) : { kind: 'ValidatingWebhookConfiguration', namespace: null, name },
    webhook: owner?.webhook,
    object: owner?.object ?? null,
    service,
    backend: service ? backendOf(refusal.view, service) : null,
    reason,
  });
}

function serviceOf(webhook: unknown, named: string | undefined): Entity | null {
  const name = textAt(webhook, 'clientConfig', 'service', 'name') || named;
  const namespace = textAt(webhook, 'clientConfig', 'service', 'namespace');
  return name === undefined || namespace === '' ? null : { kind: 'Service', namespace, name };
}

/** The configuration that holds a webhook of this name. */
function webhookOwner(graph: EvidenceGraph, name: string): { object: KubeObject; webhook: unknown } | null {
  for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
    for (const object of graph.all(kind)) {
      const webhook = listAt(object, 'webhooks').find((it) => textAt(it, 'name') === name);
      if (webhook !== undefined) return { object, webhook };
    }
  }
  return null;
}

function explain(call: Call): Conclusion {
  const { entity, graph, name, workload, reason } = call;
  const found = finders[reason.class](call);
  const owner = found.entity ?? entity;
  const policy = textAt(call.webhook, 'failurePolicy') || 'Fail';
  return conclusion(`webhook-${reason.class}`.replaceAll('_', '-'), {
    entity: owner,
    mechanism: found.mechanism,
    wrongValue: found.value,
    statement: `${entity.kind} ${entity.name} (webhook ${name}, failurePolicy ${policy}) ${found.what}, so no pod of ${entityText(workload.entity)} can be created.`,
    weight: found.weight ?? 95,
    confidence: call.object === null ? 'medium' : (found.confidence ?? 'high'),
    evidence: [
      call.ref,
      ...(found.refs ?? []),
      graph.refIn(entity, `"name": "${name}"`),
      graph.refIn(entity, '"failurePolicy": "Fail"'),
    ],
    affects: [workload.entity],
    ruledOut: ['quota, capacity and image: the request fails before they count', ...[found.ruledOut ?? []].flat()],
    remediation: found.todo,
  });
}

const answerFinders = {
  plain: (call) => ({
    mechanism: 'wrong_endpoint',
    value: String(numberAt(call.webhook, 'clientConfig', 'service', 'port') ?? 443),
    what: `calls ${called(call)} with TLS, and what answers there speaks plain text (${call.reason.said})`,
    ruledOut: 'a webhook that is gone: something answers at its port',
    todo: edit(`Let webhook ${call.name} call the TLS port of ${called(call)}`, call.entity, 'medium'),
  }),
  no_path: (call) => ({
    mechanism: 'wrong_endpoint',
    value: call.reason.path,
    what: `calls the path ${call.reason.path ?? '/'} of ${called(call)}, which has no such path (${call.reason.said})`,
    ruledOut: 'a webhook that is gone: it answers',
    todo: edit(
      `Correct clientConfig.service.path of webhook ${call.name}, or the version of its backend`,
      call.entity,
      'medium',
    ),
  }),
  no_login: answers(
    'refuses the API server',
    'The API server brings no login to webhooks by itself: let the webhook take it, or configure one for it',
  ),
  bad_answer: answers(
    'gives an answer that the API server does not take',
    'Bring the webhook to a version that speaks the admission API of this cluster',
  ),
  server_error: answers('answers with an error of its own', 'Look at the log of the webhook'),
  unknown: answers('fails', 'Look at the log of the webhook'),
} satisfies Partial<Record<CallClass, Finder>>;

const finders: Readonly<Record<CallClass, Finder>> = {
  ...backendFinders,
  ...certificateFinders,
  ...answerFinders,
};

/** What answers, and wrongly: the workload behind is to be looked at. */
function answers(how: string, action: string): Finder {
  return (call) => ({
    entity: call.backend?.workload ?? call.entity,
    mechanism: 'other',
    value: call.service?.name ?? call.name,
    what: `calls ${called(call)}, which ${how}: ${call.reason.said}`,
    confidence: 'medium',
    todo: step(action, logsCommand(call), 'none'),
  });
}

/** Rules that somebody gave the cluster refuse the pod: the pod does not fit them, and the webhook works. */
function denied(
  refusal: Refusal,
  { policy, said }: NonNullable<ReturnType<typeof readDenial>>,
  name: string | null,
): Conclusion {
  const { graph, workload, text } = refusal;
  const owner = name === null ? null : webhookOwner(graph, name);
  const who =
    name === null
      ? 'the API server'
      : `the admission webhook ${name}${owner ? ` (${owner.object.kind} ${owner.object.metadata.name})` : ''}`;
  return conclusion('policy-denied', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: policy ?? name,
    statement: `${policy === null ? 'The rules' : `Policy ${policy}`} of ${who} ${policy === null ? 'refuse' : 'refuses'} the pods of ${entityText(workload.entity)}: ${said || text.slice(0, 200)}`,
    weight: 94,
    confidence: policy === null ? 'medium' : 'high',
    evidence: [refusal.ref],
    ruledOut: 'a webhook that fails: it answers, and says no',
    remediation: edit(
      `Change ${workload.entity.name} so that it fits ${policy === null ? 'what the message asks for' : `policy ${policy}`}, or have the policy except it`,
      workload.entity,
    ),
  });
}
