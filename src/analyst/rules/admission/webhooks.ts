import type { Entity, EvidenceRef } from '../../../domain/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import { templateContainer, type Workload } from '../../model/workload.ts';
import type { Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const rewriteRules: readonly Rule[] = [
  {
    id: 'rewritten-pod',
    catalogue: [17, 48],
    needs: 'a pod that differs from its template, and the mutating webhooks or the LimitRange',
    conclude: (view) => view.troubles.flatMap((it) => rewritten(view, it) ?? []),
  },
];

/** A pod that the API server did not let in, in the words of its event. */
export interface Refusal {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly text: string;
  readonly ref: EvidenceRef | null;
}

interface Call extends Refusal {
  /** Name of the webhook, and the configuration that holds it. */
  readonly name: string;
  readonly entity: Entity;
  readonly known: boolean;
  readonly service: Entity | null;
}

/** An admission webhook that fails or says no; null when none is named. */
export function webhookRefusal(refusal: Refusal): Conclusion | null {
  const { text } = refusal;
  const name = /(?:failed calling webhook|admission webhook) "([^"]+)"/.exec(text)?.[1];
  if (name === undefined) return null;
  const owner = webhookOwner(refusal.graph, name);
  const url = /https?:\/\/([\w-]+)\.([\w-]+)\.svc/.exec(text);
  const call: Call = {
    ...refusal,
    name,
    entity: owner ?? { kind: 'ValidatingWebhookConfiguration', namespace: null, name },
    known: owner !== null,
    service: url ? { kind: 'Service', namespace: url[2] ?? null, name: url[1] ?? '' } : null,
  };
  if (/denied the request/.test(text)) return denied(call);
  return /x509|certificate/i.test(text) ? wrongCa(call) : backendMissing(call);
}

function wrongCa(call: Call): Conclusion {
  const { entity, graph, name, service, workload } = call;
  const said = /(?:x509|tls): [^"\n]+/.exec(call.text)?.[0] ?? 'TLS error';
  return conclusion('webhook-ca', {
    entity,
    mechanism: 'webhook_ca',
    wrongValue: 'caBundle',
    statement: `${entity.kind} ${entity.name} cannot trust its webhook ${name}: its caBundle does not fit the certificate of ${service?.name ?? 'the service'} (${said}), so no pod of ${entityText(workload.entity)} is let in.`,
    weight: 94,
    confidence: call.known ? 'high' : 'medium',
    evidence: [call.ref, graph.refIn(entity, '"caBundle"'), graph.refIn(entity, `"name": "${name}"`)],
    affects: [workload.entity],
    ruledOut: 'a webhook that is gone: it answers, with a certificate that is not trusted',
    remediation: edit(
      `Put the CA of ${service?.name ?? 'the webhook'} into caBundle of ${entity.name}`,
      entity,
      'medium',
    ),
  });
}

function denied(call: Call): Conclusion {
  const { entity, name, text, workload } = call;
  const said = text.slice(text.indexOf('denied the request') + 'denied the request'.length, 400);
  return conclusion('webhook-denied', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: name,
    statement: `The admission webhook ${name} (${entity.kind} ${entity.name}) refuses the pods of ${entityText(workload.entity)}${said}`,
    weight: 80,
    evidence: [call.ref],
    confidence: 'medium',
  });
}

function backendMissing(call: Call): Conclusion {
  const { service, graph, entity, name, workload } = call;
  const absent = service ? graph.absent('Service', service.namespace, service.name) : null;
  return conclusion('webhook-backend-missing', {
    entity,
    mechanism: 'webhook_backend_missing',
    wrongValue: service?.name ?? name,
    statement: `${entity.kind} ${entity.name} (webhook ${name}, failurePolicy Fail) calls ${service ? entityText(service) : 'a service'}, which ${absent || /service "[^"]+" not found/.test(call.text) ? 'does not exist' : 'does not answer'}, so no pod of ${entityText(workload.entity)} can be created.`,
    weight: 95,
    confidence: call.known ? 'high' : 'medium',
    evidence: [
      call.ref,
      absent,
      graph.refIn(entity, `"name": "${service?.name ?? name}"`),
      graph.refIn(entity, '"failurePolicy": "Fail"'),
    ],
    affects: [workload.entity],
    ruledOut: 'quota, capacity and image: the request fails before they count',
    remediation: step(
      `Bring Service ${service?.name ?? name} back, or remove the webhook while it is gone`,
      `kubectl delete ${entity.kind.toLowerCase()} ${entity.name}`,
      'high',
    ),
  });
}

/** The configuration that holds a webhook of this name. */
function webhookOwner(graph: EvidenceGraph, webhook: string): Entity | null {
  for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
    for (const object of graph.all(kind)) {
      if (listAt(object, 'webhooks').some((it) => textAt(it, 'name') === webhook)) {
        return { kind, namespace: null, name: object.metadata.name };
      }
    }
  }
  return null;
}

interface Difference {
  readonly what: string;
  readonly inPod: string;
  readonly inTemplate: string;
}

/** What the running container has other than its template says. */
function difference(trouble: Trouble): Difference | null {
  const { container } = trouble;
  const wanted = templateContainer(trouble.workload, container.name);
  if (wanted === undefined) return null;
  const paths: [string, string[]][] = [
    ['memory limit', ['resources', 'limits', 'memory']],
    ['cpu limit', ['resources', 'limits', 'cpu']],
    ['image', ['image']],
  ];
  for (const [what, path] of paths) {
    const inPod = textAt(container.spec, ...path);
    const inTemplate = textAt(wanted, ...path);
    if (inPod !== inTemplate && inPod !== '') return { what, inPod, inTemplate };
  }
  const env = (spec: unknown): string[] => listAt(spec, 'env').map((x) => `${textAt(x, 'name')}=${textAt(x, 'value')}`);
  const added = env(container.spec).find((x) => !env(wanted).includes(x));
  return added === undefined ? null : { what: 'environment', inPod: added, inTemplate: '' };
}

/** What of a difference stands in the pod as it is: of a variable its name. */
const quotableOf = ({ what, inPod }: Difference): string =>
  what === 'environment' ? (inPod.split('=')[0] ?? '') : inPod;

function rewritten(view: RuleView, trouble: Trouble): Conclusion | null {
  const { end, pod, workload } = trouble;
  const { graph } = view;
  const found = difference(trouble);
  if (!found || workload.object === null || workload.entity.kind === 'Pod') return null;
  const cause = limitRangeDefault(view, trouble, found) ?? mutatingWebhook(view, trouble);
  if (!cause) return null;
  const killed = end?.reason === 'OOMKilled' ? '; the container is OOMKilled' : '';
  const webhook = cause.kind === 'MutatingWebhookConfiguration';
  return conclusion(webhook ? 'webhook-mutation' : 'limit-range-default', {
    entity: cause,
    mechanism: webhook ? 'webhook_mutation' : 'limitrange',
    wrongValue: quotableOf(found),
    statement: `${cause.kind} ${cause.name} ${webhook ? 'rewrites' : 'sets'} the ${found.what} of new pods to ${found.inPod}, while ${entityText(workload.entity)} ${found.inTemplate === '' ? 'sets none' : `asks for ${found.inTemplate}`}${killed}.`,
    weight: 96,
    evidence: [
      graph.refIn(entityOf(pod.object), JSON.stringify(quotableOf(found))),
      found.inTemplate === '' ? null : graph.refIn(workload.entity, JSON.stringify(found.inTemplate)),
      graph.refIn(cause, `"name": "${cause.name}"`),
      end ? graph.fieldRef(pod.object, 'reason', end.reason) : null,
    ],
    affects: [workload.entity],
    ruledOut: `the limit in the template of ${workload.entity.name}: its pods do not get it`,
    remediation: edit(
      `Correct what ${cause.kind} ${cause.name} does to pods of ${pod.namespace}, then restart ${workload.entity.name}`,
      cause,
      'medium',
    ),
  });
}

function limitRangeDefault({ graph }: RuleView, trouble: Trouble, found: Difference): Entity | null {
  const resource = found.what.replace(' limit', '');
  if (found.inTemplate !== '') return null;
  const range = graph
    .all('LimitRange', trouble.pod.namespace)
    .find((x) => listAt(x, 'spec', 'limits').some((limit) => textAt(limit, 'default', resource) === found.inPod));
  return range ? entityOf(range) : null;
}

/** A mutating webhook for pods whose namespace and object selectors take this one. */
function mutatingWebhook({ graph }: RuleView, trouble: Trouble): Entity | null {
  const { pod } = trouble;
  const labels = graph.get('Namespace', null, pod.namespace)?.metadata.labels ?? {
    'kubernetes.io/metadata.name': pod.namespace,
  };
  const found = graph
    .all('MutatingWebhookConfiguration')
    .find((configuration) =>
      listAt(configuration, 'webhooks').some(
        (webhook) =>
          listAt(webhook, 'rules').some((rule) =>
            listAt(rule, 'resources').some((x) => x === 'pods' || x === '*' || x === '*/*'),
          ) &&
          matchesSelector(recordAt(webhook, 'namespaceSelector'), labels) &&
          matchesSelector(recordAt(webhook, 'objectSelector'), pod.object.metadata.labels ?? {}),
      ),
    );
  return found ? entityOf(found) : null;
}
