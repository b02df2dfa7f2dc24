import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, edit } from '../rule.ts';
import type { Refusal } from './webhook-call.ts';

/** A value that a LimitRange gives to containers without one of their own. */
interface Default {
  readonly range: KubeObject;
  readonly field: 'default' | 'defaultRequest';
  readonly value: string;
}

/** The default for `limits.memory`, `requests.cpu`, … of containers in a namespace; null when no LimitRange gives one. */
function defaultFor({ graph, workload }: Refusal, resource: string): Default | null {
  const [side, name = ''] = resource.split(/\.(.+)/);
  const fields = side === 'limits' ? (['default'] as const) : (['defaultRequest', 'default'] as const);
  for (const range of graph.all('LimitRange', workload.entity.namespace)) {
    for (const limit of listAt(range, 'spec', 'limits').filter((it) => textAt(it, 'type') === 'Container')) {
      for (const field of fields) {
        const value = textAt(limit, field, name);
        if (value !== '') return { range, field, value };
      }
    }
  }
  return null;
}

/** The containers of the template that do not set a value themselves. */
function without({ workload }: Refusal, resource: string): readonly unknown[] {
  const [side = '', name = ''] = resource.split(/\.(.+)/);
  return listAt(workload.template, 'containers').filter(
    (container) =>
      textAt(container, 'resources', side, name) === '' &&
      // A limit is also the request of a container that sets no request.
      (side === 'limits' || textAt(container, 'resources', 'limits', name) === ''),
  );
}

/** A quota that the defaults of a LimitRange use up, not what anybody asked for: it would not hold for all replicas. */
export function defaultOverQuota(
  refusal: Refusal,
  quota: string,
  resource: string,
  limited: string,
): Conclusion | null {
  const { graph, workload } = refusal;
  const given = defaultFor(refusal, resource);
  const lacking = without(refusal, resource);
  const containers = listAt(workload.template, 'containers');
  if (!given || lacking.length < containers.length || containers.length === 0) return null;
  const size = parseQuantity(given.value);
  const room = parseQuantity(limited);
  const wanted = Math.max(workload.desired, 1) * containers.length;
  if (size === null || room === null || size * wanted <= room) return null;
  const entity = entityOf(given.range);
  const name = resource.replace(/^(?:limits|requests)\./, '');
  return conclusion('limit-range-default', {
    entity,
    mechanism: 'limitrange',
    wrongValue: given.value,
    statement: `LimitRange ${entity.name} gives each container of ${entityText(workload.entity)}, which sets no ${resource} itself, ${given.value} ${name}: ${wanted === 1 ? 'that is' : `${wanted} of them are`} more than the ${limited} of ResourceQuota ${quota}, so its pods are refused.`,
    weight: 95,
    evidence: [refusal.ref, graph.refIn(entity, `"${name}": "${given.value}"`)],
    affects: [workload.entity],
    ruledOut: [
      'the capacity of the nodes: the scheduler has seen no pod',
      `the quota alone: nobody asked for ${given.value}, the default is what counts against it`,
    ],
    remediation: [
      edit(`Set ${resource} on the containers of ${workload.entity.name} to what they need`, workload.entity),
      edit(`Or lower the ${given.field} of LimitRange ${entity.name}`, entity, 'medium'),
    ],
  });
}

/** A request above the limit that only a LimitRange's default sets: the API server calls such a pod invalid. */
export function requestOverDefault(refusal: Refusal): Conclusion | null {
  const { graph, text, workload } = refusal;
  const match =
    /resources\.requests: Invalid value: "([^"]+)": must be less than or equal to ([\w./-]+) limit(?: of (\S+?))?(?:$|[\s,;\]])/.exec(
      text,
    );
  if (!match) return null;
  const [, request = '', name = ''] = match;
  const given = defaultFor(refusal, `limits.${name}`);
  const own = listAt(workload.template, 'containers').find(
    (it) => textAt(it, 'resources', 'requests', name) === request,
  );
  const limit = textAt(own, 'resources', 'limits', name);
  if (limit === '' && !given) return null;
  const isDefault = limit === '' && given !== null;
  const entity = isDefault ? entityOf(given.range) : workload.entity;
  const value = isDefault ? given.value : limit;
  return conclusion('request-over-limit', {
    entity,
    mechanism: 'limitrange',
    wrongValue: value,
    statement: isDefault
      ? `${entityText(workload.entity)} requests ${request} ${name} and sets no limit; LimitRange ${entity.name} gives it the default limit ${value}, which is less, so the API server refuses its pods.`
      : `${entityText(workload.entity)} requests ${request} ${name}, more than its own limit of ${value}, so the API server refuses its pods.`,
    weight: 95,
    evidence: [
      refusal.ref,
      graph.refIn(entity, `"${name}": "${value}"`),
      graph.refIn(workload.entity, `"${name}": "${request}"`),
    ],
    affects: [workload.entity],
    ruledOut: 'a quota and the capacity of the nodes: the pod is refused for its own numbers',
    remediation: [
      edit(`Set a ${name} limit of ${request} or more on the containers of ${workload.entity.name}`, workload.entity),
      ...(isDefault ? [edit(`Or raise the default ${name} of LimitRange ${entity.name}`, entity, 'medium')] : []),
    ],
  });
}

const bounds = [
  /(?:maximum|minimum) (?<resource>[\w./-]+) usage per (?<type>\w+) is (?<value>[^\s,]+)/,
  /(?<resource>[\w./-]+) max limit to request ratio per (?<type>\w+) is (?<value>[^\s,]+)/,
  /limit to request ratio/,
];

/** A bound of a LimitRange that a pod or claim does not keep. */
export function limitRange(refusal: Refusal): Conclusion | null {
  const { graph, text, workload } = refusal;
  const match = bounds.map((bound) => bound.exec(text)).find((one) => one !== null);
  if (!match) return null;
  const { resource = '', type = '', value = '' } = match.groups ?? {};
  const range = rangeWith(graph.all('LimitRange', workload.entity.namespace), resource, type, value.replace(/\.$/, ''));
  const entity: Entity = range ? entityOf(range) : workload.entity;
  const detail = (/is forbidden: (.+)$/s.exec(text)?.[1] ?? text).split('\n')[0] ?? '';
  return conclusion('limit-range', {
    entity,
    mechanism: 'limitrange',
    wrongValue: detail.slice(0, 200),
    statement: `LimitRange ${range?.metadata.name ?? 'of the namespace'} refuses the ${type === 'PersistentVolumeClaim' ? 'claims' : 'pods'} of ${entityText(workload.entity)}: ${detail}.`,
    weight: 94,
    evidence: [refusal.ref, value === '' ? null : graph.refIn(entity, `"${resource}": "${value}"`)],
    affects: [workload.entity],
    ruledOut: 'a used-up quota and the capacity of nodes: it is refused for its own numbers',
    remediation: edit(
      `Bring requests and limits of ${workload.entity.name} within LimitRange ${range?.metadata.name ?? ''}`,
      workload.entity,
    ),
  });
}

/** The LimitRange that holds a bound; else one that speaks of the resource, else any. */
function rangeWith(ranges: readonly KubeObject[], resource: string, type: string, value: string) {
  const holds = (object: KubeObject, ...words: string[]): boolean =>
    listAt(object, 'spec', 'limits').some((limit) => words.every((word) => JSON.stringify(limit).includes(word)));
  return (
    ranges.find((range) => holds(range, `"${type}"`, `"${resource}":"${value}"`)) ??
    ranges.find((range) => holds(range, resource)) ??
    ranges[0]
  );
}
