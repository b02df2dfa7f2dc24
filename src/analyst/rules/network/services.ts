import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesLabels, selectorText } from '../../../kube/selectors.ts';
import { entityKey, entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import {
  containerPorts,
  endpointSlices,
  readyEndpoints,
  selectedPods,
  servicePorts,
  serviceSelector,
} from '../../model/services.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { type FailedCall, hasHost, workloadsBehind } from '../../signals/calls.ts';
import { settingsOf } from '../../signals/settings.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const serviceRules: readonly Rule[] = [
  {
    id: 'service-relations',
    catalogue: [61, 71, 72, 74],
    needs: 'a Service, the pods of its namespace and who calls it',
    unless: 'the Service has ready endpoints at the port that is called',
    conclude: (view) => {
      const { calls } = view;
      return view.graph.all('Service').flatMap((service) => {
        const found =
          selectsNothing(view, calls, service) ??
          wrongTargetPort(view, calls, service) ??
          selectsTooMuch(view, calls, service);
        return found ? [found] : [];
      });
    },
  },
];

/** Who calls a Service: those whose calls fail, and those whose settings name it. */
function callersOf(view: RuleView, calls: readonly FailedCall[], service: KubeObject): Entity[] {
  const failing = calls
    .filter((it) => it.service && entityKey(entityOf(it.service)) === entityKey(entityOf(service)))
    .map((it) => it.trouble.workload.entity);
  if (failing.length > 0) return failing;
  return view.workloads
    .filter((it) => it.entity.namespace === service.metadata.namespace)
    .filter((workload) =>
      workload.pods
        .slice(0, 1)
        .some((pod) =>
          pod.containers.some((container) =>
            settingsOf(view.graph, workload, container.name).some((setting) =>
              hasHost(setting.value, service.metadata.name),
            ),
          ),
        ),
    )
    .map((it) => it.entity);
}

const callRefs = (calls: readonly FailedCall[], service: KubeObject) =>
  calls
    .filter((it) => it.service !== null && entityKey(entityOf(it.service)) === entityKey(entityOf(service)))
    .slice(0, 2)
    .map((it) => it.ref);

/** A Service whose selector takes no pod. */
function selectsNothing(view: RuleView, calls: readonly FailedCall[], service: KubeObject): Conclusion | null {
  const { graph, workloads } = view;
  const selector = serviceSelector(service);
  const namespace = service.metadata.namespace ?? '';
  if (Object.keys(selector).length === 0 || selectedPods(graph, service).length > 0) return null;
  if (readyEndpoints(graph, service)) return null;
  const callers = callersOf(view, calls, service);
  const zero = workloads.find(
    (workload) =>
      workload.entity.namespace === namespace &&
      workload.desired === 0 &&
      ['Deployment', 'StatefulSet'].includes(workload.entity.kind) &&
      matchesLabels(selector, workload.templateLabels),
  );
  if (zero) return scaledToZero(view, calls, service, zero, callers);
  // The workload exists and waits for its pods: its own rule tells why.
  if (workloads.some((it) => it.entity.namespace === namespace && matchesLabels(selector, it.templateLabels)))
    return null;
  const near = nearest(workloads, selector, namespace, service.metadata.name);
  if (!near) return null;
  const [key, value] = Object.entries(selector).find(([label, wanted]) => near.templateLabels[label] !== wanted) ?? [
    '',
    '',
  ];
  const text = `${key}=${value}`;
  return conclusion('selector-mismatch', {
    entity: entityOf(service),
    mechanism: 'selector_mismatch',
    wrongValue: value,
    statement: `Service ${service.metadata.name} selects ${selectorText(selector)}, and no pod has ${text} (the pods of ${entityText(near.entity)} have ${key}=${near.templateLabels[key] ?? 'nothing'}), so it has no endpoints.`,
    weight: 93,
    evidence: [
      graph.refIn(entityOf(service), `"${key}": "${value}"`),
      ...endpointSlices(graph, service)
        .slice(0, 1)
        .map((slice) => graph.refIn(entityOf(slice), '"endpoints": null')),
      ...callRefs(calls, service),
    ],
    affects: [entityOf(service), ...callers],
    ruledOut: `a failure of ${entityText(near.entity)}: its pods are not asked`,
    remediation: edit(`Correct the selector of Service ${service.metadata.name}`, entityOf(service)),
  });
}

function scaledToZero(
  view: RuleView,
  calls: readonly FailedCall[],
  service: KubeObject,
  zero: Workload,
  callers: Entity[],
): Conclusion {
  const { graph } = view;
  return conclusion('scaled-to-zero', {
    entity: zero.entity,
    mechanism: 'scaled_to_zero',
    wrongValue: '0',
    statement: `${entityText(zero.entity)} is scaled to 0 replicas, so Service ${service.metadata.name} has no endpoints${callers.length === 0 ? '' : ` and ${callers.map((it) => it.name).join(', ')} cannot reach it`}.`,
    weight: 93,
    evidence: [
      zero.object ? graph.fieldRef(zero.object, 'replicas', 0) : null,
      ...callRefs(calls, service),
      ...graph
        .eventsOf(zero.entity)
        .filter((it) => /Scaled down/.test(it.message))
        .slice(-1)
        .map((it) => graph.eventRef(it)),
    ],
    affects: [zero.entity, entityOf(service), ...callers],
    ruledOut: 'the selector of the Service: it fits the pod template',
    remediation: step(
      `Scale ${zero.entity.name} up again`,
      `kubectl -n ${zero.entity.namespace} scale ${zero.entity.kind.toLowerCase()} ${zero.entity.name} --replicas=<n>`,
      'low',
    ),
  });
}

/** The workload whose labels come nearest to a selector: one pair fits, or its name is the Service's. */
function nearest(
  workloads: readonly Workload[],
  selector: Readonly<Record<string, string>>,
  namespace: string,
  name: string,
): Workload | null {
  const candidates = workloads.filter(
    (it) => it.entity.namespace === namespace && Object.keys(it.templateLabels).length > 0,
  );
  const fitting = (workload: Workload): number =>
    Object.entries(selector).filter(([key, value]) => workload.templateLabels[key] === value).length * 2 +
    (workload.entity.name === name
      ? 3
      : workload.entity.name.includes(name) || name.includes(workload.entity.name)
        ? 1
        : 0);
  const best = candidates.map((it) => ({ it, score: fitting(it) })).sort((a, b) => b.score - a.score)[0];
  return best && best.score > 0 ? best.it : null;
}

/** A Service that sends to a port which no container has. */
function wrongTargetPort(view: RuleView, calls: readonly FailedCall[], service: KubeObject): Conclusion | null {
  const { graph } = view;
  const failing = callRefs(calls, service).length > 0;
  const pods = selectedPods(graph, service);
  const ports = containerPorts(pods);
  const heard = heardPorts(graph, pods);
  if (pods.length === 0 || (ports.length === 0 && heard.length === 0)) return null;
  const wrong = servicePorts(service).find(({ targetPort }) => {
    if (!/^\d+$/.test(targetPort)) return ports.length > 0 && !ports.some((it) => it.name === targetPort);
    const number = Number(targetPort);
    if (heard.includes(number)) return false;
    // What the log says counts more than the port that the spec declares.
    return heard.length > 0 ? failing : !ports.some((it) => it.port === number) && !isProbed(pods, targetPort);
  });
  if (!wrong) return null;
  const named = !/^\d+$/.test(wrong.targetPort);
  const callers = callersOf(view, calls, service);
  const behind = workloadsBehind(graph, service)[0];
  const known = heard.length > 0 ? heard.map((port) => ({ name: '', port })) : ports;
  const has = [
    ...new Set(known.map((it) => (named && it.name !== '' ? `${it.name} (${it.port})` : String(it.port)))),
  ].join(', ');
  return conclusion('wrong-target-port', {
    entity: entityOf(service),
    mechanism: 'wrong_target_port',
    wrongValue: wrong.targetPort,
    statement: `targetPort of Service ${service.metadata.name} is ${named ? 'the name ' : ''}${wrong.targetPort}, but the containers of ${behind ? entityText(behind) : 'its pods'} ${heard.length > 0 ? 'listen on' : 'have'} port ${has}.`,
    weight: 93,
    confidence: named || callRefs(calls, service).length > 0 ? 'high' : 'medium',
    evidence: [
      graph.fieldRef(service, 'targetPort', named ? wrong.targetPort : Number(wrong.targetPort)),
      ...callRefs(calls, service),
      pods[0] ? graph.fieldRef(pods[0].object, 'containerPort', ports[0]?.port) : null,
    ],
    affects: [entityOf(service), ...callers],
    ruledOut: [
      `the selector of the Service: it takes ${pods.length} pods`,
      ...(behind ? [`${entityText(behind)}: its pods are ready`] : []),
    ],
    remediation: edit(`Set targetPort of Service ${service.metadata.name} to ${known[0]?.port}`, entityOf(service)),
  });
}

/** Ports that the pods say they listen on. */
function heardPorts(graph: EvidenceGraph, pods: readonly PodView[]): number[] {
  const form = says.listensOn;
  return pods.flatMap((pod) =>
    graph
      .logsOf(pod.namespace, pod.name)
      .flatMap((log) => [...log.text.matchAll(form)].map((match) => Number(match[1]))),
  );
}

/** Container ports are only a declaration: a probe of the port counts as well. */
const isProbed = (pods: readonly PodView[], port: string): boolean =>
  pods.some((pod) =>
    pod.containers.some((container) =>
      ['livenessProbe', 'readinessProbe'].some((probe) => textAt(container.spec, probe, 'httpGet', 'port') === port),
    ),
  );

/** A Service that takes the pods of more than one workload. */
function selectsTooMuch(view: RuleView, calls: readonly FailedCall[], service: KubeObject): Conclusion | null {
  const { graph } = view;
  const behind = workloadsBehind(graph, service).filter((it) => it.kind !== 'Job' && it.kind !== 'CronJob');
  const { name } = service.metadata;
  const own =
    behind.find((it) => it.name === name) ?? behind.find((it) => it.name.includes(name) || name.includes(it.name));
  // Several tracks of one application (`web`, `web-canary`) behind one Service are wanted.
  const foreign = behind.find((it) => it !== own && baseName(it.name) !== baseName(own?.name ?? ''));
  const callers = callersOf(view, calls, service);
  if (behind.length < 2 || !own || !foreign || callers.length === 0) return null;
  const selector = serviceSelector(service);
  return conclusion('selector-too-broad', {
    entity: entityOf(service),
    mechanism: 'selector_too_broad',
    wrongValue: selectorText(selector),
    statement: `Service ${service.metadata.name} selects ${selectorText(selector)}, which takes the pods of ${entityText(foreign)} besides those of ${entityText(own)}: a share of the calls goes to the wrong pods.`,
    weight: 86,
    evidence: [
      ...Object.entries(selector)
        .slice(0, 2)
        .map(([key, value]) => graph.refIn(entityOf(service), `"${key}": "${value}"`)),
      ...callRefs(calls, service),
    ],
    affects: [entityOf(service), ...callers],
    remediation: edit(
      `Narrow the selector of Service ${service.metadata.name} to the pods of ${own.name}`,
      entityOf(service),
    ),
  });
}

/** The name without the suffix of a track (`web-canary`, `web-v2` → `web`). */
const baseName = (name: string): string =>
  name.replace(/-(?:canary|stable|blue|green|primary|secondary|preview|baseline|old|new|v\d+|\d+)$/, '');
