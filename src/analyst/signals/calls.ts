import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import { entityKey, entityOf, rootOwner } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { textsAt } from '../model/fields.ts';
import { says } from '../model/lexicon.ts';
import { type HostMention, hostsIn } from '../model/names-in-text.ts';
import { clusterNames, selectedPods, serviceOfHost, serviceSelector } from '../model/services.ts';
import { type Setting, settingsOf } from './settings.ts';
import type { Trouble } from './trouble.ts';

/** A call that fails: who calls, what name, and what the name means in the cluster. */
export interface FailedCall {
  readonly trouble: Trouble;
  readonly mention: HostMention;
  /** Null when the cluster has no Service of that name. */
  readonly service: KubeObject | null;
  readonly kind: 'unresolved' | 'refused' | 'timeout' | 'rejected' | 'waits';
  readonly ref: EvidenceRef | null;
}

/** How a text says that a call failed; null when it does not speak of one. */
export function failureOf(text: string): FailedCall['kind'] | null {
  if (says.unresolved.test(text)) return 'unresolved';
  if (says.refused.test(text)) return 'refused';
  if (says.timedOut.test(text)) return 'timeout';
  return says.rejected.test(text) ? 'rejected' : null;
}

/** The calls that the troubles' reasons speak of; an init container's waiting is one too. */
export function failedCalls(graph: EvidenceGraph, troubles: readonly Trouble[]): readonly FailedCall[] {
  return troubles.flatMap((trouble) => {
    const text = reasonText(trouble);
    const kind = trouble.kind === 'waits' ? (failureOf(text) ?? 'waits') : failureOf(text);
    if (kind === null || text === '') return [];
    return mentions(graph, trouble, text).map((mention) => ({
      trouble,
      mention,
      service: serviceOfHost(graph, mention.host, trouble.pod.namespace),
      kind,
      ref: trouble.log
        ? (graph.ref(trouble.log.path, trouble.reason?.quote ?? '') ?? graph.ref(trouble.log.path, mention.host))
        : null,
    }));
  });
}

function reasonText(trouble: Trouble): string {
  if (trouble.kind === 'waits')
    return trouble.entries
      .slice(-5)
      .map((entry) => entry.message)
      .join('\n');
  return trouble.reason?.text ?? '';
}

/** Hosts that are names of the cluster, or that a setting of the container holds: not every word is a host. */
function mentions(graph: EvidenceGraph, trouble: Trouble, text: string): readonly HostMention[] {
  const { pod, workload } = trouble;
  const settings = settingsOf(graph, workload, trouble.container.name);
  return hostsIn(text)
    .filter((mention) => {
      if (mention.host === pod.name || mention.host === workload.entity.name) return false;
      if (serviceOfHost(graph, mention.host, pod.namespace)) return true;
      return (
        mention.port !== null ||
        [`"${mention.host}"`, `'${mention.host}'`].some((quoted) => text.includes(quoted)) ||
        settings.some((setting) => hasHost(setting.value, mention.host))
      );
    })
    .slice(0, 3);
}

/** Whether a value holds a host as a whole name, not as a part of another. */
export function hasHost(value: string, host: string): boolean {
  if (host === '') return false;
  for (let at = value.indexOf(host); at >= 0; at = value.indexOf(host, at + 1)) {
    const before = value[at - 1] ?? ' ';
    const rest = value.slice(at + host.length);
    if (/[\w.-]/.test(before) || /^[\w-]/.test(rest)) continue;
    if (!/^\.\w/.test(rest) || /^\.[\w-]+\.svc\b/.test(rest)) return true;
  }
  return false;
}

const servingKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** The workloads behind a Service: the owners of the pods that it takes, else those whose pods it would take. */
export function workloadsBehind(graph: EvidenceGraph, service: KubeObject): readonly Entity[] {
  const found = new Map(
    selectedPods(graph, service).map((pod) => {
      const owner = rootOwner(graph, pod.object);
      return [entityKey(owner), owner];
    }),
  );
  if (found.size > 0) return [...found.values()];
  const selector = serviceSelector(service);
  return servingKinds
    .flatMap((kind) => graph.all(kind, service.metadata.namespace))
    .filter((it) => matchesLabels(selector, textsAt(it, 'spec', 'template', 'metadata', 'labels')))
    .map(entityOf);
}

export interface CallEdge {
  readonly from: Entity;
  readonly to: Entity;
  readonly via: Entity;
  readonly ref: EvidenceRef | null;
}

/** From callers to the workloads behind the Services that they fail to reach. */
export function callEdges(graph: EvidenceGraph, calls: readonly FailedCall[]): readonly CallEdge[] {
  return calls.flatMap((call) => {
    const { trouble, service, ref } = call;
    const called = [service, asksInVain(call) ? clusterDns(graph) : null].filter((it) => it !== null);
    return called.flatMap((one) =>
      [entityOf(one), ...workloadsBehind(graph, one)].map((to) => ({
        from: trouble.workload.entity,
        to,
        via: entityOf(one),
        ref,
      })),
    );
  });
}

/** The Service of the cluster's DNS; its name is a part of Kubernetes, whatever serves it. */
export const clusterDns = (graph: EvidenceGraph): KubeObject | null => graph.get('Service', 'kube-system', 'kube-dns');

/** A name that should resolve and does not, or name servers that do not answer: the cluster's DNS may be at fault. */
export const asksInVain = ({ kind, service, trouble, mention }: FailedCall): boolean =>
  kind === 'unresolved' &&
  (service !== null ||
    says.resolverFailed.test(trouble.text) ||
    clusterNames(mention.host, trouble.pod.namespace).length === 0);

/** The place that the name comes from, and its value as it stands there. */
export function sourceOf(call: Pick<FailedCall, 'trouble' | 'mention'>, graph: EvidenceGraph) {
  const { trouble, mention } = call;
  const settings = settingsOf(graph, trouble.workload, trouble.container.name);
  const holding = settings.filter((it) => hasHost(it.value, mention.host));
  const withPort = holding.find((it) => mention.port !== null && it.value.includes(`${mention.host}:${mention.port}`));
  // Host and port may be settings of their own: then the one with the port is what a wrong port comes from.
  const portOnly =
    withPort || mention.port === null || holding.some((it) => /:\d{2,5}\b/.test(it.value))
      ? undefined
      : settings.find((it) => it.from !== 'ConfigMap' && new RegExp(`(?:^|=)${mention.port}$`).test(it.value.trim()));
  const setting = withPort ?? portOnly ?? holding.find((it) => it.from !== 'args') ?? holding[0] ?? null;
  return {
    setting,
    value: setting === null ? null : setting === portOnly ? setting.value.trim() : valueIn(setting, mention.host),
  };
}

/** The whole value of a variable; of a file or a command only the part with the host. */
function valueIn(setting: Setting, host: string): string {
  if (setting.from === 'env' || setting.value.length <= 80) {
    if (!/\s/.test(setting.value.trim())) return setting.value.trim();
  }
  const word = setting.value.split(/[\s"'`,;=()<>]+/).find((it) => hasHost(it, host));
  return word ?? host;
}
