import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityKey, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { recordAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { hostsIn, pathsIn, quotedIn } from '../../model/names-in-text.ts';
import { mountOf, type PodReference, podReferences } from '../../model/pod-references.ts';
import { selectedPods, serviceOfHost } from '../../model/services.ts';
import type { Workload } from '../../model/workload.ts';
import { workloadsBehind } from '../../signals/calls.ts';
import { type HeldValue, heldValues } from '../../signals/held-values.ts';
import { settingsOf } from '../../signals/settings.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, type Quotes, type Rule, type RuleView, step, where } from '../rule.ts';

export const credentialRules: readonly Rule[] = [
  {
    id: 'credentials',
    catalogue: [32, 116, 117],
    needs: 'a log of a refused login, and the Secrets of client and server',
    unless: 'client and server read the same Secret, and both started after its last change',
    conclude: (view) => view.troubles.flatMap((it) => refusedLogin(view, it) ?? []),
  },
];

function refusedLogin(view: RuleView, trouble: Trouble): Conclusion | null {
  const { workload } = trouble;
  const text = trouble.reason?.text ?? '';
  if (!says.loginRefused.test(text) || /system:serviceaccount/.test(text)) return null;
  const server = serverOf(view, trouble);
  const own = secretsOf(workload, trouble.container.name);
  const stale = staleHolder(view, trouble, server);
  const evidence = [reasonRef(view.graph, trouble), ...endRefs(view.graph, trouble)];
  if (stale) return staleConclusion(view, trouble, stale, evidence);
  return differing(view, trouble, { server, own, evidence });
}

/** The workload that refuses: behind the host of the message, or of the settings. */
function serverOf(view: RuleView, trouble: Trouble): Workload | null {
  const { workload } = trouble;
  const values = settingsOf(view.graph, workload, trouble.container.name).map((x) => x.value);
  const hosts = [trouble.text, ...values].flatMap((text) => hostsIn(text).map((x) => x.host));
  for (const host of [...hosts, ...values.filter((x) => /^[a-z][\w.-]+$/.test(x))]) {
    const service = serviceOfHost(view.graph, host, trouble.pod.namespace);
    const behind = service ? workloadsBehind(view.graph, service) : [];
    const found = view.workloads.find((x) => behind.some((entity) => entityKey(entity) === entityKey(x.entity)));
    if (found && found !== workload) return found;
  }
  return null;
}

const credentialName = /pass|pwd|secret|token|key|cred|auth|user/i;

/** References to Secrets that look like a login; passwords before users. */
function secretsOf(workload: Workload, container?: string): readonly PodReference[] {
  return podReferences(workload.template)
    .filter((x) => x.kind === 'Secret' && x.how !== 'imagePullSecret')
    .filter((x) => container === undefined || x.containers.includes(container))
    .filter((x) => x.how !== 'env' || credentialName.test(`${x.by} ${x.key ?? ''}`))
    .toSorted((a, b) => Number(/user/i.test(a.by)) - Number(/user/i.test(b.by)));
}

/**
 * Who takes a Secret with a login into its environment and has run since before it was last written: the pod whose login
 * is refused itself, or one of the server's.
 */
function staleHolder({ graph }: RuleView, { pod, workload }: Trouble, server: Workload | null): HeldValue | null {
  const held = [workload, ...(server ? [server] : [])].flatMap((one) => {
    const logins = new Set(secretsOf(one).map(({ name }) => name));
    return heldValues(graph, one).filter(({ reference: { kind, name } }) => kind === 'Secret' && logins.has(name));
  });
  return held.find((it) => it.workload !== workload || it.pod.name === pod.name) ?? null;
}

function staleConclusion({ graph }: RuleView, trouble: Trouble, stale: HeldValue, evidence: Quotes): Conclusion {
  const { workload } = trouble;
  const name = stale.object.metadata.name;
  return conclusion('stale-secret', {
    entity: stale.workload.entity,
    mechanism: 'stale_secret_env',
    wrongValue: name,
    statement: `Secret ${name} was changed at ${stale.changed}, after pod ${stale.pod.name} of ${entityText(stale.workload.entity)} had started: it still holds the old value${stale.reference.how === 'volume' ? ' (mounted by subPath)' : ' in its environment'}, and the login of ${entityText(workload.entity)} is refused.`,
    weight: 95,
    evidence: [
      ...evidence,
      graph.fieldRef(stale.object, 'time', stale.changed),
      graph.fieldRef(stale.pod.object, 'startTime', textAt(stale.pod.object, 'status', 'startTime')),
      graph.fieldRef(stale.pod.object, 'creationTimestamp', stale.pod.object.metadata.creationTimestamp),
    ],
    affects: [workload.entity, stale.workload.entity],
    ruledOut: 'two different Secrets: the value was changed under a running pod',
    remediation: step(
      `Restart ${stale.workload.entity.name}, so that it reads the Secret again`,
      `kubectl -n ${stale.workload.entity.namespace} rollout restart ${stale.workload.entity.kind.toLowerCase()}/${stale.workload.entity.name}`,
      'medium',
    ),
  });
}

interface Parties {
  readonly server: Workload | null;
  readonly own: readonly PodReference[];
  readonly evidence: Quotes;
}

function differing(view: RuleView, trouble: Trouble, { server, own, evidence }: Parties): Conclusion {
  const { workload } = trouble;
  const { graph } = view;
  const source = credentialSource(view, trouble, own);
  const [mine] = own;
  const theirs = server ? secretsOf(server) : [];
  const shared = mine !== undefined && theirs.some((x) => x.name === mine.name && x.key === mine.key);
  const other = shared ? undefined : theirs.find((x) => x.name !== mine?.name || x.key !== mine.key);
  const user = userIn(trouble);
  const party = server ? entityText(server.entity) : 'The server';
  return conclusion('credential-differs', {
    entity: source.entity,
    mechanism: 'wrong_credential',
    wrongValue: source.value ?? user,
    statement: `${party} refuses the login of ${entityText(workload.entity)}${user ? ` as ${user}` : ''}: the client takes its credential from ${source.text}${other ? `, the server from Secret ${other.name}` : ''}. ${trouble.reason?.text ?? ''}`,
    weight: 92,
    confidence: other ? 'high' : 'medium',
    evidence: [
      ...evidence,
      source.value === null ? null : graph.refIn(workload.entity, source.value),
      other && server ? graph.refIn(server.entity, `"name": "${other.name}"`) : null,
    ],
    affects: [workload.entity],
    ruledOut: 'the network: the server answers and refuses',
    remediation: step(
      `Make the credential of ${workload.entity.name} and ${server?.entity.name ?? 'the server'} agree, then restart the one that changed`,
      null,
      'medium',
    ),
  });
}

interface Source {
  readonly entity: Entity;
  readonly value: string | null;
  readonly text: string;
}

/** Where the client's credential comes from: a Secret, a literal, or nothing that can be seen. */
function credentialSource({ graph }: RuleView, trouble: Trouble, own: readonly PodReference[]): Source {
  const { workload } = trouble;
  const [mine] = own;
  if (mine) {
    const entity = { kind: 'Secret', namespace: trouble.pod.namespace, name: mine.name };
    return { entity, value: mine.name, text: `Secret ${mine.name}${mine.key === null ? '' : ` (key ${mine.key})`}` };
  }
  const literal = settingsOf(graph, workload, trouble.container.name).find(
    (x) => /pass|pwd|token|credential|_url|dsn/i.test(x.name) && x.from !== 'args',
  );
  if (!literal) return { entity: workload.entity, value: null, text: 'its own settings' };
  return { entity: literal.entity, value: literal.name, text: `${literal.name} of ${entityText(literal.entity)}` };
}

function userIn(trouble: Trouble): string | null {
  const text = trouble.reason?.text ?? '';
  return /(?:user|role|username) ["'\\]*([\w.@-]+)/i.exec(text)?.[1] ?? quotedIn(text)[0] ?? null;
}

export const certificateRules: readonly Rule[] = [
  {
    id: 'certificate-expired',
    catalogue: [12, 83],
    needs: 'a log that says a certificate has expired',
    unless: 'the certificate is valid by its dates, and is refused for its name or issuer',
    conclude: eachCrash(expired),
  },
];

function expired(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { log, workload } = trouble;
  const message = expiryMessage(trouble);
  if (!log || message === null) return null;
  const holder = certificateHolder(graph, trouble);
  const date = dateIn(message) ?? holder?.until;
  const entity = holder?.entity ?? workload.entity;
  const place = holder ? ` in ${entityText(entity)}` : '';
  return conclusion('certificate-expired', {
    entity,
    mechanism: 'cert_expired',
    wrongValue: date ?? entity.name,
    statement: `The certificate${place} that the ${where(trouble)} uses has expired${date ? ` (${date})` : ''}: ${message}`,
    weight: 93,
    confidence: holder ? 'high' : 'medium',
    evidence: [
      graph.ref(log.path, message) ?? reasonRef(graph, trouble),
      holder ? graph.refIn(entity, holder.quote) : null,
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    remediation: step(`Renew the certificate${place} and restart ${workload.entity.name}`, null, 'low'),
  });
}

function expiryMessage(trouble: Trouble): string | null {
  const entry = trouble.entries.findLast((x) => says.certificateExpired.test(x.message));
  if (entry) return entry.message;
  const text = trouble.reason?.text ?? '';
  return says.certificateExpired.test(text) ? text : null;
}

const dates = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\dZ?)?|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}(?: GMT)?/;

/** The date that belongs to the expiry, not to the log line or the clock: that after the last word for it. */
function dateIn(message: string): string | undefined {
  const words = [...message.matchAll(new RegExp(says.expiryDate, 'gi'))].toReversed();
  return words.flatMap(({ index }) => dates.exec(message.slice(index)) ?? [])[0];
}

interface Holder {
  readonly entity: Entity;
  readonly quote: string;
  readonly until: string | undefined;
}

/** The Secret or ConfigMap that holds the certificate: the client's own, else that of the server it calls. */
function certificateHolder(graph: EvidenceGraph, trouble: Trouble): Holder | null {
  const { text, workload } = trouble;
  const namespace = trouble.pod.namespace;
  const mounted = pathsIn(text)
    .map((path) => mountOf(workload, trouble.container.name, path))
    .find((mount) => mount?.kind === 'secret' || mount?.kind === 'configMap');
  const own = references(workload.template).filter((x) => mounted === undefined || x.name === mounted?.name);
  if (mounted !== undefined) return holderIn(graph, namespace, own);
  for (const { host } of hostsIn(text)) {
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
