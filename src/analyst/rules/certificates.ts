import type { Entity } from '../../domain/verdict.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { recordAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import { type PodReference, podReferences } from '../graph/pod-references.ts';
import { hostsIn, pathsIn } from '../logs/names-in-text.ts';
import { eachCrash, where } from './container-crashes.ts';
import { mountOf } from './mounts.ts';
import { type Conclusion, conclusion, fileOf, type Rule, step } from './rule.ts';
import { endRefs, reasonRef, type Trouble } from './trouble.ts';

import { serviceOfHost } from '../graph/host-target.ts';
import { selectedPods } from '../graph/service-endpoints.ts';

export const certificateRules: readonly Rule[] = [
  {
    id: 'certificate-expired',
    catalogue: [12, 83],
    needs: 'a log that says a certificate has expired',
    conclude: eachCrash(expired),
  },
];

const expiry =
  /certificate (?:has )?expired|has expired or is not yet valid|CERT_HAS_EXPIRED|certificate is expired|notAfter|CertificateExpired|expired certificate|cert(?:ificate)? .{0,80}expired/i;

function expired(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  const message = expiryMessage(it);
  if (!it.log || message === null) return null;
  const holder = certificateHolder(graph, it);
  const date = dateIn(message) ?? holder?.until;
  const entity = holder?.entity ?? it.workload.entity;
  const place = holder ? ` in ${entityText(entity)}` : '';
  return conclusion('certificate-expired', {
    entity,
    mechanism: 'cert_expired',
    wrongValue: date ?? entity.name,
    statement: `The certificate${place} that the ${where(it)} uses has expired${date ? ` (${date})` : ''}: ${message}`,
    weight: 93,
    confidence: holder ? 'high' : 'medium',
    evidence: [
      graph.ref(it.log.path, message) ?? reasonRef(graph, it),
      holder ? graph.ref(fileOf(entity), holder.quote) : null,
      ...endRefs(graph, it),
    ],
    affects: [it.workload.entity],
    remediation: [step(`Renew the certificate${place} and restart ${it.workload.entity.name}`, null, 'low')],
  });
}

function expiryMessage(it: Trouble): string | null {
  const entry = it.entries.findLast((x) => expiry.test(x.message));
  if (entry) return entry.message;
  const text = it.reason?.text ?? '';
  return expiry.test(text) ? text : null;
}

const dates = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\dZ?)?|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}(?: GMT)?/;

/** The date that belongs to the expiry, not to the log line. */
function dateIn(message: string): string | undefined {
  const at = message.search(/expire|notAfter|not after|is after|valid until/i);
  return at < 0 ? undefined : dates.exec(message.slice(at))?.[0];
}

interface Holder {
  readonly entity: Entity;
  readonly quote: string;
  readonly until: string | undefined;
}

/** The Secret or ConfigMap that holds the certificate: the client's own, else that of the server it calls. */
function certificateHolder(graph: EvidenceGraph, it: Trouble): Holder | null {
  const namespace = it.pod.namespace;
  const mounted = pathsIn(it.text)
    .map((path) => mountOf(it.workload, it.container.name, path))
    .find((mount) => mount?.kind === 'secret' || mount?.kind === 'configMap');
  const own = references(it.workload.template).filter((x) => mounted === undefined || x.name === mounted?.name);
  if (mounted !== undefined) return holderIn(graph, namespace, own);
  for (const { host } of hostsIn(it.text)) {
    const service = serviceOfHost(graph, host, namespace);
    const [pod] = service ? selectedPods(graph, service) : [];
    const found = pod ? holderIn(graph, pod.namespace, references(pod.object['spec'])) : null;
    if (found) return found;
  }
  return holderIn(graph, namespace, own);
}

const references = (spec: unknown): readonly PodReference[] =>
  podReferences(spec).filter((x) => x.kind !== 'PersistentVolumeClaim' && x.how !== 'imagePullSecret');

function holderIn(graph: EvidenceGraph, namespace: string, from: readonly PodReference[]): Holder | null {
  for (const { kind, name } of from) {
    const data = recordAt(graph.get(kind, namespace, name), 'data');
    const key = Object.keys(data).find((x) => /\.(?:crt|pem|cert)$|cert/i.test(x));
    if (key === undefined) continue;
    const until = /valid until ([\dT:.Z-]+)/.exec(String(data[key]))?.[1];
    return { entity: { kind, namespace, name }, quote: `"${key}":`, until };
  }
  return null;
}
