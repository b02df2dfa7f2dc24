import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { textAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import { containerPorts, selectedPods, servicePorts } from '../graph/service-endpoints.ts';
import { type FailedCall, failedCalls, workloadsBehind } from './calls.ts';
import { sourceOf } from './name-source.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from './rule.ts';

export const calledPortRules: readonly Rule[] = [
  {
    id: 'wrong-port-called',
    catalogue: [30],
    needs: 'a log of refused calls and the ports of the Service',
    conclude: (view) => failedCalls(view.graph, view.troubles).flatMap((call) => wrongPort(view, call) ?? []),
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
    remediation: [step(`Use port ${ports[0]?.port} for ${service.metadata.name}`, editCommand(entity), 'low')],
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
