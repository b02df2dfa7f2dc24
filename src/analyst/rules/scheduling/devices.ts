import { parseQuantity } from '../../../kube/quantity.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { numberAt, textAt } from '../../model/fields.ts';
import type { Unscheduled } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, step } from '../rule.ts';

const amount = (node: KubeObject, side: 'capacity' | 'allocatable', resource: string): number =>
  parseQuantity(textAt(node, 'status', side, resource)) ?? 0;

/** `nvidia.com/gpu` → `nvidia`, `gpu.intel.com/i915` → `intel`. */
const vendorOf = (resource: string): string => resource.split('/')[0]?.split('.').at(-2) ?? '';

/** The DaemonSet that offers a resource to the kubelets: by its vendor's name and what it calls itself. */
function pluginOf(graph: EvidenceGraph, resource: string): KubeObject | null {
  const vendor = vendorOf(resource);
  const named = graph.all('DaemonSet').filter(({ metadata: { name } }) => /plugin|device/.test(name));
  return (
    named.find(({ metadata: { name } }) => vendor !== '' && name.includes(vendor)) ??
    (named.length === 1 ? (named[0] ?? null) : null)
  );
}

/** Devices that nodes have and do not offer, because the plugin that offers them does not run there. */
export function devicesGone(waiting: Unscheduled, resource: string, nodes: readonly KubeObject[]): Conclusion | null {
  if (!resource.includes('/') || nodes.some((node) => amount(node, 'allocatable', resource) > 0)) return null;
  const idle = nodes.find((node) => amount(node, 'capacity', resource) > 0) ?? null;
  const plugin = pluginOf(waiting.graph, resource);
  return (
    (plugin ? pluginDown(waiting, resource, plugin, idle) : null) ??
    (idle ? unregistered(waiting, resource, idle) : null)
  );
}

const whatIsThere = (resource: string, idle: KubeObject | null): string =>
  idle
    ? `${idle.metadata.name} has ${textAt(idle, 'status', 'capacity', resource)} ${resource} and offers none`
    : `no node offers ${resource}`;

const ruledOut = 'other pods: no node offers any of it';

function pluginDown(
  { graph, workload, ref }: Unscheduled,
  resource: string,
  plugin: KubeObject,
  idle: KubeObject | null,
): Conclusion | null {
  const desired = numberAt(plugin, 'status', 'desiredNumberScheduled') ?? 0;
  const ready = numberAt(plugin, 'status', 'numberReady') ?? 0;
  if (desired > 0 && ready >= desired) return null;
  const entity = entityOf(plugin);
  const state =
    desired === 0 ? 'runs on no node (its node selector fits none)' : `is ready on ${ready} of ${desired} nodes`;
  return conclusion('device-plugin-down', {
    entity,
    mechanism: 'insufficient_resources',
    wrongValue: resource,
    statement: `${whatIsThere(resource, idle)}: ${entityText(entity)}, which offers them, ${state}, so ${entityText(workload.entity)} cannot be placed.`,
    weight: 94,
    evidence: [
      ref,
      idle ? graph.fieldRef(idle, resource, '0') : null,
      graph.fieldRef(plugin, 'numberReady', ready) ?? graph.fieldRef(plugin, 'desiredNumberScheduled', desired),
    ],
    affects: [workload.entity, entity],
    ruledOut,
    remediation: step(
      `Find out why the pods of ${entity.name} are not ready`,
      `kubectl -n ${entity.namespace} describe daemonset ${entity.name}`,
      'none',
    ),
  });
}

function unregistered({ graph, workload, ref }: Unscheduled, resource: string, idle: KubeObject): Conclusion {
  const entity = entityOf(idle);
  return conclusion('devices-unhealthy', {
    entity,
    mechanism: 'insufficient_resources',
    wrongValue: resource,
    statement: `${whatIsThere(resource, idle)}: its device plugin is not registered, or holds the devices to be unhealthy, so ${entityText(workload.entity)} cannot be placed.`,
    weight: 94,
    confidence: 'medium',
    evidence: [ref, graph.fieldRef(idle, resource, '0')],
    affects: [workload.entity, entity],
    ruledOut,
    remediation: step(`Look at the device plugin on ${entity.name}`, `kubectl describe node ${entity.name}`, 'none'),
  });
}
