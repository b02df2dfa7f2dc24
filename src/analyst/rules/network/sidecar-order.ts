import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { hostsIn } from '../../model/names-in-text.ts';
import { clusterNames, readyEndpoints, serviceOfHost } from '../../model/services.ts';
import { type ContainerView, type PodView, templateContainer } from '../../model/workload.ts';
import { endRefs, entryRef, entryThat, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

export const sidecarOrderRules: readonly Rule[] = [
  {
    id: 'sidecar-order',
    catalogue: [59, 60, 85],
    needs: 'a log of calls that fail, and a container of the same pod that carries them and starts later',
    unless: 'the container that carries the calls was ready before the first of them',
    conclude: eachCrash(tooEarly),
  },
];

/** The container that carries the calls of another, and why it cannot have carried them yet. */
interface Carrier {
  readonly container: ContainerView;
  /** A clause that begins with the carrier. */
  readonly why: string;
  /** The port of this pod that is called; null where all traffic of the pod goes through the carrier. */
  readonly port: string | null;
  readonly refs: readonly (EvidenceRef | null)[];
}

/**
 * A call through a container of the same pod that does not run yet. Init containers run before all others, and sidecars
 * (init containers with `restartPolicy: Always`) start in the order of the spec; so this is sure from the pod alone.
 */
function tooEarly(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const failed = failedCall(trouble);
  if (failed === null) return null;
  const carrier = localCarrier(graph, trouble, failed) ?? redirection(graph, trouble, failed);
  if (carrier === null) return null;
  const callee = calleeOf(graph, trouble, failed);
  if (carrier.port === null && callee.state === 'down') return null;
  const { workload, container } = trouble;
  const sidecar = carrier.container.name;
  const injected = workload.template !== undefined && templateContainer(workload, sidecar) === undefined;
  const what = container.init
    ? `Init container ${container.name} of ${entityText(workload.entity)}`
    : `The ${where(trouble)}`;
  return conclusion('sidecar-order', {
    entity: workload.entity,
    mechanism: 'sidecar_order',
    wrongValue: sidecar,
    statement: `${what} calls ${carrier.port === null ? 'others' : `port ${carrier.port} of its own pod`} through container ${sidecar} before it runs: ${carrier.why}. It says: ${failed.text.trim()}`,
    weight: 96,
    confidence: carrier.port !== null || callee.state === 'serves' || !injected ? 'high' : 'medium',
    evidence: [
      failed.ref(graph),
      graph.refIn(entityOf(trouble.pod.object), `"name": "${sidecar}"`),
      ...carrier.refs,
      callee.ref,
      ...endRefs(graph, trouble),
    ],
    ruledOut: callee.proof,
    remediation: edit(remedy(trouble, sidecar, injected), workload.entity),
  });
}

function remedy({ container }: Trouble, sidecar: string, injected: boolean): string {
  const early = `Run ${sidecar} as a native sidecar: an init container with restartPolicy: Always${container.init ? ` that stands before ${container.name}` : ' and a startup probe'}`;
  if (!injected) return early;
  return `${early} (it is injected: its injector has a setting for that), or let ${container.name} go past it (exclude the port or address that it calls from the redirection)`;
}

interface Failed {
  readonly text: string;
  readonly ref: (graph: EvidenceGraph) => EvidenceRef | null;
}

/** The line in which a container says that a call of it failed. */
function failedCall(trouble: Trouble): Failed | null {
  const fails = new RegExp(`${says.refused.source}|${says.timedOut.source}`, 'i');
  if (trouble.kind !== 'waits' && trouble.reason !== null && fails.test(trouble.reason.text))
    return { text: trouble.reason.text, ref: (graph) => reasonRef(graph, trouble) };
  const entry =
    trouble.kind === 'waits'
      ? trouble.entries.slice(-5).findLast((it) => fails.test(it.message))
      : entryThat(trouble, fails);
  return entry ? { text: entry.message, ref: (graph) => entryRef(graph, trouble, entry) } : null;
}

const ownAddress =
  /(?:localhost|127\.0\.0\.1|\[::1\])["')]*(?: \(127\.0\.0\.1\)| \(::1\))?,?(?::| port |:? port:? )["']?(\d{2,5})\b/i;

/** A sibling that serves the port of the own pod which is called. */
function localCarrier(graph: EvidenceGraph, trouble: Trouble, { text }: Failed): Carrier | null {
  const port = ownAddress.exec(text)?.[1];
  if (port === undefined) return null;
  const container = trouble.pod.containers.find((other) => other !== trouble.container && serves(other, port));
  const why = container ? startsLater(trouble, container) : null;
  if (!container || why === null) return null;
  return {
    container,
    why,
    port,
    refs: [graph.refIn(entityOf(trouble.pod.object), port), ...timeRefs(graph, trouble.pod, container)],
  };
}

/** Whether a container is set up to listen on a port: it declares it, or is told it. */
function serves({ spec, init, sidecar }: ContainerView, port: string): boolean {
  if (init && !sidecar) return false;
  if (listAt(spec, 'ports').some((it) => String(numberAt(it, 'containerPort')) === port)) return true;
  const told = [
    ...listAt(spec, 'command'),
    ...listAt(spec, 'args'),
    ...listAt(spec, 'env').map((it) => textAt(it, 'value')),
  ];
  return told.some((it) => typeof it === 'string' && new RegExp(`(?<!\\d)${port}(?!\\d)`).test(it));
}

/** Why a container of the pod runs only after another has tried to call; null when it does not. */
function startsLater({ container, pod, end }: Trouble, other: ContainerView): string | null {
  const order = pod.containers.map((it) => it.name);
  if (container.init && !container.sidecar) {
    if (!other.init)
      return `${other.name} is no sidecar of the init phase, so it starts only when all init containers are done`;
    return order.indexOf(other.name) > order.indexOf(container.name)
      ? `${other.name} stands after ${container.name} in the list of init containers, so it starts only when that is done`
      : null;
  }
  // With another restart policy it is tried again while the other runs.
  if (other.init || textAt(pod.object, 'spec', 'restartPolicy') !== 'Never' || end?.finishedAt == null) return null;
  const started = other.runningSince ?? (other.terminated ?? other.lastTerminated)?.startedAt ?? null;
  if (started === null || started < end.finishedAt) return null;
  return `${container.name} ended at ${iso(end.finishedAt)}, ${other.name} started at ${iso(started)}, and with restartPolicy Never it is not tried again`;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000', '');

function timeRefs(graph: EvidenceGraph, { object }: PodView, { runningSince }: ContainerView): (EvidenceRef | null)[] {
  return runningSince === null ? [] : [graph.fieldRef(object, 'startedAt', iso(runningSince))];
}

/** A proxy into which all traffic of the pod is redirected from the first init container on. */
function redirection(graph: EvidenceGraph, trouble: Trouble, { text }: Failed): Carrier | null {
  const { pod, container, workload } = trouble;
  if (ownAddress.test(text)) return null;
  const proxy = pod.containers.find((it) => it !== container && (!it.init || it.sidecar) && isProxy(it));
  if (!proxy || isLetPast(trouble, proxy)) return null;
  const at = pod.containers.indexOf(container);
  const redirector = pod.containers.slice(0, at).find((it) => it.init && !it.sidecar && changesNetwork(it));
  const injected = workload.template !== undefined && templateContainer(workload, proxy.name) === undefined;
  if (!redirector && !injected) return null;
  const why = startsLater(trouble, proxy);
  if (why === null) return null;
  return {
    container: proxy,
    why: redirector ? `${redirector.name} has sent all traffic of the pod there, and ${why}` : why,
    port: null,
    refs: [
      redirector ? graph.refIn(entityOf(pod.object), `"name": "${redirector.name}"`) : null,
      redirector ? graph.refIn(entityOf(pod.object), '"NET_ADMIN"') : null,
      ...timeRefs(graph, pod, proxy),
    ],
  };
}

const isProxy = ({ name, image, spec }: ContainerView): boolean =>
  says.trafficProxy.test(`${name} ${image} ${listAt(spec, 'args').slice(0, 2).map(String).join(' ')}`);

const changesNetwork = ({ spec }: ContainerView): boolean =>
  listAt(spec, 'securityContext', 'capabilities', 'add').includes('NET_ADMIN') ||
  dig(spec, 'securityContext', 'privileged') === true;

/** The user of the proxy is not redirected: else its own traffic would come back to it. */
function isLetPast({ container, pod }: Trouble, proxy: ContainerView): boolean {
  const userOf = (spec: unknown): string =>
    textAt(spec, 'securityContext', 'runAsUser') || textAt(pod.object, 'spec', 'securityContext', 'runAsUser');
  const user = userOf(container.spec);
  return user !== '' && user === userOf(proxy.spec);
}

interface Callee {
  readonly state: 'serves' | 'down' | 'unknown';
  readonly proof: readonly string[];
  readonly ref: EvidenceRef | null;
}

/** What was to be reached through the carrier, as far as it is a Service: with ready endpoints it is not at fault. */
function calleeOf(graph: EvidenceGraph, { pod }: Trouble, { text }: Failed): Callee {
  const unknown: Callee = { state: 'unknown', proof: [], ref: null };
  const service = serviceIn(graph, pod, text);
  if (service === 'absent') return { ...unknown, state: 'down' };
  if (service === null) return unknown;
  const ready = readyEndpoints(graph, service);
  if (ready === null) return unknown;
  if (ready === 0) return { ...unknown, state: 'down' };
  const { name } = service.metadata;
  return {
    state: 'serves',
    proof: [`Service ${name}: it has ${ready} ready ${ready === 1 ? 'endpoint' : 'endpoints'}`],
    ref: graph.fieldRef(service, 'name', name),
  };
}

function serviceIn(graph: EvidenceGraph, pod: PodView, text: string): KubeObject | 'absent' | null {
  const address = /\b\d{1,3}(?:\.\d{1,3}){3}\b/.exec(text)?.[0];
  const byAddress = graph
    .all('Service')
    .find((it) => address !== undefined && textAt(it, 'spec', 'clusterIP') === address);
  if (byAddress) return byAddress;
  for (const { host } of hostsIn(text)) {
    const service = serviceOfHost(graph, host, pod.namespace);
    if (service) return service;
    const [name] = clusterNames(host, pod.namespace);
    if (name && graph.absent('Service', name.namespace, name.service) !== null && says.unresolved.test(text))
      return 'absent';
  }
  return null;
}
