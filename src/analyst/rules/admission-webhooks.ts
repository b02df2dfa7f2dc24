import type { Entity, EvidenceRef } from '../../domain/verdict.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { listAt, textAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';
import { type Conclusion, conclusion, editCommand, fileOf, step } from './rule.ts';

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
export function webhookRefusal(it: Refusal): Conclusion | null {
  const name = /(?:failed calling webhook|admission webhook) "([^"]+)"/.exec(it.text)?.[1];
  if (name === undefined) return null;
  const owner = webhookOwner(it.graph, name);
  const url = /https?:\/\/([\w-]+)\.([\w-]+)\.svc/.exec(it.text);
  const call: Call = {
    ...it,
    name,
    entity: owner ?? { kind: 'ValidatingWebhookConfiguration', namespace: null, name },
    known: owner !== null,
    service: url ? { kind: 'Service', namespace: url[2] ?? null, name: url[1] ?? '' } : null,
  };
  if (/denied the request/.test(it.text)) return denied(call);
  return /x509|certificate/i.test(it.text) ? wrongCa(call) : backendMissing(call);
}

function wrongCa(it: Call): Conclusion {
  const said = /(?:x509|tls): [^"\n]+/.exec(it.text)?.[0] ?? 'TLS error';
  return conclusion('webhook-ca', {
    entity: it.entity,
    mechanism: 'webhook_ca',
    wrongValue: 'caBundle',
    statement: `${it.entity.kind} ${it.entity.name} cannot trust its webhook ${it.name}: its caBundle does not fit the certificate of ${it.service?.name ?? 'the service'} (${said}), so no pod of ${entityText(it.workload.entity)} is let in.`,
    weight: 94,
    confidence: it.known ? 'high' : 'medium',
    evidence: [
      it.ref,
      it.graph.ref(fileOf(it.entity), '"caBundle"'),
      it.graph.ref(fileOf(it.entity), `"name": "${it.name}"`),
    ],
    affects: [it.workload.entity],
    ruledOut: ['a webhook that is gone: it answers, with a certificate that is not trusted'],
    remediation: [
      step(
        `Put the CA of ${it.service?.name ?? 'the webhook'} into caBundle of ${it.entity.name}`,
        editCommand(it.entity),
        'medium',
      ),
    ],
  });
}

function denied(it: Call): Conclusion {
  const said = it.text.slice(it.text.indexOf('denied the request') + 'denied the request'.length, 400);
  return conclusion('webhook-denied', {
    entity: it.workload.entity,
    mechanism: 'other',
    wrongValue: it.name,
    statement: `The admission webhook ${it.name} (${it.entity.kind} ${it.entity.name}) refuses the pods of ${entityText(it.workload.entity)}${said}`,
    weight: 80,
    evidence: [it.ref],
    confidence: 'medium',
  });
}

function backendMissing(it: Call): Conclusion {
  const { service } = it;
  const absent = service ? it.graph.absent('Service', service.namespace, service.name) : null;
  return conclusion('webhook-backend-missing', {
    entity: it.entity,
    mechanism: 'webhook_backend_missing',
    wrongValue: service?.name ?? it.name,
    statement: `${it.entity.kind} ${it.entity.name} (webhook ${it.name}, failurePolicy Fail) calls ${service ? entityText(service) : 'a service'}, which ${absent || /service "[^"]+" not found/.test(it.text) ? 'does not exist' : 'does not answer'}, so no pod of ${entityText(it.workload.entity)} can be created.`,
    weight: 95,
    confidence: it.known ? 'high' : 'medium',
    evidence: [
      it.ref,
      absent,
      it.graph.ref(fileOf(it.entity), `"name": "${service?.name ?? it.name}"`),
      it.graph.ref(fileOf(it.entity), '"failurePolicy": "Fail"'),
    ],
    affects: [it.workload.entity],
    ruledOut: ['quota, capacity and image: the request fails before they count'],
    remediation: [
      step(
        `Bring Service ${service?.name ?? it.name} back, or remove the webhook while it is gone`,
        `kubectl delete ${it.entity.kind.toLowerCase()} ${it.entity.name}`,
        'high',
      ),
    ],
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
