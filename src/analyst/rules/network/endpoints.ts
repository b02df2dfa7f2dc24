import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../../model/fields.ts';
import { containerPorts, selectedPods, servicePorts } from '../../model/services.ts';
import { containersOf } from '../../model/workload.ts';
import { type FailedCall, failureOf, sourceOf, workloadsBehind } from '../../signals/calls.ts';
import { settingsOf } from '../../signals/settings.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, type RuleView } from '../rule.ts';

export const calledPortRules: readonly Rule[] = [
  {
    id: 'wrong-port-called',
    catalogue: [30],
    needs: 'a log of refused calls and the ports of the Service',
    unless: 'the Service offers the port, or the pods of a headless one listen on it',
    conclude: (view) => view.calls.flatMap((call) => wrongPort(view, call) ?? []),
  },
];

/** A call to a port that the Service does not offer. */
function wrongPort(view: RuleView, call: FailedCall): Conclusion | null {
  const { graph } = view;
  const { service, mention, trouble } = call;
  if (!service || call.kind === 'unresolved') return null;
  const ports = servicePorts(service);
  const { setting, value } = sourceOf(call, graph);
  const called = mention.port ?? portOf(value) ?? null;
  if (called === null || ports.length === 0 || ports.some((it) => it.port === called)) return null;
  if (reachesPods(graph, service, called)) return null;
  const entity = setting?.entity ?? trouble.workload.entity;
  const at =
    setting === null ? '' : { env: `${setting.name} of `, ConfigMap: `${setting.name} in `, args: '' }[setting.from];
  const target = value ?? `${mention.host}:${called}`;
  return conclusion('wrong-port-called', {
    entity,
    mechanism: 'wrong_endpoint',
    wrongValue: target,
    statement: `${at}${entityText(entity)} ${setting === null ? 'calls' : 'is'} ${target}, but Service ${service.metadata.name} listens on ${ports.map((it) => it.port).join(', ')}: the connection is refused.`,
    weight: 94,
    evidence: [call.ref, setting?.ref, graph.fieldRef(service, 'port', ports[0]?.port)],
    affects: [trouble.workload.entity],
    ruledOut: [
      `a missing Service: ${service.metadata.name} exists`,
      ...workloadsBehind(graph, service)
        .slice(0, 1)
        .map((it) => `${entityText(it)}: the port that is asked for is not its Service's`),
    ],
    remediation: edit(`Use port ${ports[0]?.port} for ${service.metadata.name}`, entity),
  });
}

/** The names behind a headless Service go to the pods themselves, at any port that these have. */
function reachesPods(graph: EvidenceGraph, service: KubeObject, port: number): boolean {
  if (textAt(service, 'spec', 'clusterIP') !== 'None') return false;
  return containerPorts(selectedPods(graph, service)).some((it) => it.port === port);
}

function portOf(value: string | null): number | null {
  if (value === null) return null;
  const explicit = /:(\d{2,5})(?:\/|$|\b)/.exec(value)?.[1];
  if (explicit !== undefined) return Number(explicit);
  if (value.startsWith('https://')) return 443;
  return value.startsWith('http://') ? 80 : null;
}

export const addressRules: readonly Rule[] = [
  {
    id: 'address-called',
    catalogue: [30],
    needs: 'a refused call to an IP address or to localhost that a setting holds',
    unless: 'a Service or a pod has the address and answers there',
    conclude: eachCrash(wrongAddress),
  },
];

/** A setting that names an address instead of a Service: one that no Service has, or the pod itself. */
function wrongAddress(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { workload } = trouble;
  const text = trouble.reason?.text ?? '';
  if (!['refused', 'timeout'].includes(failureOf(text) ?? '')) return null;
  const settings = settingsOf(graph, workload, trouble.container.name);
  for (const match of text.matchAll(/\b(localhost|127\.0\.0\.1|\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})\b/g)) {
    const [address = '', host = '', port = ''] = match;
    const setting = settings.find((x) => x.value.includes(address));
    const own = host === 'localhost' || host === '127.0.0.1';
    if (!setting || (own ? isOwnPort(trouble, Number(port)) : isServiceAddress(graph, host))) continue;
    const where =
      setting.from === 'env' ? `${setting.name} of ` : setting.from === 'ConfigMap' ? `${setting.name} in ` : '';
    const wrong = /\s/.test(setting.value.trim()) ? address : setting.value.trim();
    return conclusion('address-called', {
      entity: setting.entity,
      mechanism: 'wrong_endpoint',
      wrongValue: wrong,
      statement: `${where}${entityText(setting.entity)} is ${wrong}: ${own ? `no container of the pod listens on port ${port}` : `no Service has the address ${host}`}, and the connection fails.`,
      weight: 88,
      confidence: own ? 'high' : 'medium',
      evidence: [reasonRef(graph, trouble), setting.ref],
      affects: [workload.entity],
      remediation: edit(`Put the name of the Service into ${setting.name}`, setting.entity),
    });
  }
  return null;
}

const isOwnPort = (trouble: Trouble, port: number): boolean =>
  containersOf(trouble.pod.object).some((container) =>
    listAt(container.spec, 'ports').some((x) => numberAt(x, 'containerPort') === port),
  );

const isServiceAddress = (graph: EvidenceGraph, ip: string): boolean =>
  graph.all('Service').some((service) => textAt(service, 'spec', 'clusterIP') === ip) ||
  graph.all('Pod').some((pod) => textAt(pod, 'status', 'podIP') === ip);
