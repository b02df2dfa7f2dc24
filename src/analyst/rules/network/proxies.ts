import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt, timeAt } from '../../model/fields.ts';
import { serviceOfHost } from '../../model/services.ts';
import { hostsIn } from '../../model/names-in-text.ts';
import { clusterDns, failureOf, type FailedCall, sourceOf } from '../../signals/calls.ts';
import { lineWith, settingsOf } from '../../signals/settings.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule, step, where } from '../rule.ts';

/* Proxies resolve names in their own way: without the pod's search list, by servers of their own, or once at their start. */
export const proxyRules: readonly Rule[] = [
  {
    id: 'proxy-short-name',
    catalogue: [79],
    needs: 'a proxy that resolves by itself, a short name in its configuration, and the Service of that name',
    unless: 'the proxy asks for the full name (`.svc.cluster.local`), or no Service has the short one',
    conclude: ({ graph, calls }) => calls.flatMap((call) => ownResolver(graph, call) ?? []),
  },
  {
    id: 'address-kept',
    catalogue: [73],
    needs: 'calls to an address that no Service and no pod has, and a Service that is younger than the caller',
    unless: 'a setting holds the address, or a Service or pod has it',
    conclude: ({ graph, troubles }) => troubles.flatMap((trouble) => keptAddress(graph, trouble) ?? []),
  },
];

/** What a proxy says that asks name servers itself: nginx with `resolver`, Kong, HAProxy with `resolvers`. */
const asksItself = /could not be resolved \(|dns server error|failed the initial dns/i;

function ownResolver(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { trouble, service } = call;
  const text = trouble.reason?.text ?? '';
  if (!service || call.kind !== 'unresolved' || !asksItself.test(text)) return null;
  const { setting } = sourceOf(call, graph);
  if (!setting) return null;
  return /110: |timed out/i.test(text) ? deadResolver(graph, call, setting) : shortName(graph, call, setting);
}

type Source = NonNullable<ReturnType<typeof sourceOf>['setting']>;

function shortName(graph: EvidenceGraph, call: FailedCall, setting: Source): Conclusion | null {
  const { trouble, mention, service } = call;
  if (!service || /\.svc\.[\w.]+$/.test(mention.host)) return null;
  const full = `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;
  return conclusion('proxy-short-name', {
    entity: setting.entity,
    mechanism: 'wrong_dns_name',
    wrongValue: mention.host,
    statement: `The ${where(trouble)} asks name servers itself and knows no search list, so ${mention.host} (${setting.name} of ${entityText(setting.entity)}) does not resolve, although Service ${service.metadata.name} exists: the name must be ${full}.`,
    weight: 93,
    evidence: [
      call.ref,
      graph.refIn(setting.entity, mention.host),
      graph.fieldRef(service, 'name', service.metadata.name),
    ],
    affects: [trouble.workload.entity],
    ruledOut: `a missing Service: ${service.metadata.name} exists`,
    remediation: edit(`Write ${full} instead of ${mention.host} in ${setting.name}`, setting.entity),
  });
}

/** The servers that `resolver` names, against the address of the cluster's DNS. */
function deadResolver(graph: EvidenceGraph, { trouble, ref, mention }: FailedCall, setting: Source): Conclusion | null {
  const line = lineWith(setting.value, 'resolver ');
  const server = /\bresolver\s+([\w.:-]+)/.exec(line)?.[1];
  const right = textAt(clusterDns(graph), 'spec', 'clusterIP');
  if (server === undefined || server.startsWith(right) || /kube-dns|coredns/.test(server)) return null;
  return conclusion('proxy-resolver', {
    entity: setting.entity,
    mechanism: 'wrong_endpoint',
    wrongValue: server,
    statement: `The ${where(trouble)} asks the name server ${server} (${setting.name} of ${entityText(setting.entity)}), which does not answer for ${mention.host}${right === '' ? '' : `; the cluster's DNS is ${right}`}.`,
    weight: 93,
    confidence: right === '' ? 'medium' : 'high',
    evidence: [ref, graph.refIn(setting.entity, server)],
    affects: [trouble.workload.entity],
    ruledOut: `the name: ${mention.host} is a Service`,
    remediation: edit(
      `Use ${right || 'the address of Service kube-dns'} as resolver in ${setting.name}`,
      setting.entity,
    ),
  });
}

/** A program that resolved a name once and still calls the address that the Service had then. */
function keptAddress(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { workload, container, pod } = trouble;
  const text = trouble.reason?.text ?? '';
  const failure = failureOf(text);
  if (trouble.kind !== 'errors' || (failure !== 'refused' && failure !== 'timeout')) return null;
  const [, ip = ''] = /\b(\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}\b/.exec(text) ?? [];
  const settings = settingsOf(graph, workload, container.name);
  if (ip === '' || isKnownAddress(graph, ip) || settings.some((it) => it.value.includes(ip))) return null;
  const started = container.runningSince ?? Infinity;
  const service = settings
    .flatMap((it) => hostsIn(it.value))
    .map(({ host }) => serviceOfHost(graph, host, pod.namespace))
    .find((it) => it !== null && (timeAt(it, 'metadata', 'creationTimestamp') ?? 0) > started);
  if (!service) return null;
  const made = service.metadata.creationTimestamp ?? '';
  const address = textAt(service, 'spec', 'clusterIP');
  const { kind, namespace, name } = workload.entity;
  return conclusion('address-kept', {
    entity: workload.entity,
    mechanism: 'other',
    wrongValue: ip,
    statement: `${entityText(workload.entity)} still calls ${ip}, an address that no Service has: Service ${service.metadata.name} was made anew at ${made} with the address ${address}, and the ${where(trouble)}, which has run since before, resolved the name once at its start.`,
    weight: 93,
    evidence: [
      reasonRef(graph, trouble),
      graph.fieldRef(service, 'creationTimestamp', made),
      graph.fieldRef(service, 'clusterIP', address),
    ],
    affects: [workload.entity, entityOf(service)],
    ruledOut: `a missing Service: ${service.metadata.name} exists, with another address`,
    remediation: step(
      `Restart ${name}, so that it resolves ${service.metadata.name} again; for the next time, let the program resolve names again by itself`,
      `kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`,
      'medium',
    ),
  });
}

const isKnownAddress = (graph: EvidenceGraph, ip: string): boolean =>
  graph.all('Service').some((it) => textAt(it, 'spec', 'clusterIP') === ip) ||
  graph.all('Pod').some((it) => textAt(it, 'status', 'podIP') === ip);
