import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { conditionAt, listAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, edit, editCommand, type Rule, type RuleView, step } from '../rule.ts';

export const autoscalingRules: readonly Rule[] = [
  {
    id: 'hpa',
    catalogue: [65, 66],
    needs: 'an HPA with a False condition',
    unless: 'the conditions of the autoscaler are True',
    conclude: hpas,
  },
];

function hpas(view: RuleView): Conclusion[] {
  return view.graph.all('HorizontalPodAutoscaler').flatMap((hpa): Conclusion[] => {
    const scale = conditionAt(hpa, 'AbleToScale', 'False');
    if (scale) return [targetMissing(view, hpa, scale)];
    const active = conditionAt(hpa, 'ScalingActive', 'False');
    return active && textAt(active, 'reason') !== 'ScalingDisabled' ? [noMetrics(view, hpa, active)] : [];
  });
}

function targetMissing({ graph }: RuleView, hpa: KubeObject, condition: unknown): Conclusion {
  const target: Entity = {
    kind: textAt(hpa, 'spec', 'scaleTargetRef', 'kind'),
    namespace: hpa.metadata.namespace ?? null,
    name: textAt(hpa, 'spec', 'scaleTargetRef', 'name'),
  };
  const absent = graph.absent(target.kind, target.namespace, target.name);
  const message = textAt(condition, 'message');
  return conclusion('hpa-target-missing', {
    entity: entityOf(hpa),
    mechanism: 'hpa_target_missing',
    wrongValue: target.name,
    statement: `HPA ${hpa.metadata.name} scales ${entityText(target)}, which ${absent || /not found/.test(message) ? 'does not exist' : 'it cannot read'}: ${message}`,
    weight: 92,
    evidence: [graph.fieldRef(hpa, 'message', message), graph.fieldRef(hpa, 'name', target.name), absent],
    remediation: edit(`Correct scaleTargetRef of HPA ${hpa.metadata.name}`, entityOf(hpa)),
  });
}

function noMetrics({ graph, workloads }: RuleView, hpa: KubeObject, condition: unknown): Conclusion {
  const message = textAt(condition, 'message');
  const event = graph.eventsOf(entityOf(hpa)).findLast((it) => it.warning);
  const target = workloads.find(
    (workload) =>
      workload.entity.name === textAt(hpa, 'spec', 'scaleTargetRef', 'name') &&
      workload.entity.namespace === hpa.metadata.namespace,
  );
  const request = /missing request for (\w+)/.exec(message)?.[1];
  const api = /\b((?:[a-z]+\.)?metrics\.k8s\.io)\b/.exec(message)?.[1]?.replace(/^pods\./, '');
  const wrong = request ?? api ?? (/metric ([\w./-]+)/.exec(message)?.[1] || textAt(condition, 'reason'));
  const why = request
    ? `the pods of ${target ? entityText(target.entity) : 'its target'} have no ${request} request`
    : api
      ? withoutMetric(hpa, api, message)
      : message;
  return conclusion('hpa-no-metrics', {
    entity: entityOf(hpa),
    mechanism: 'hpa_no_metrics',
    wrongValue: wrong,
    statement: `HPA ${hpa.metadata.name} cannot compute (${textAt(condition, 'reason')}): ${why}.`,
    weight: 92,
    evidence: [
      graph.fieldRef(hpa, 'message', message),
      graph.fieldRef(hpa, 'reason', textAt(condition, 'reason')),
      graph.eventRef(event),
    ],
    ruledOut: target ? [`${entityText(target.entity)}: the autoscaler gets no numbers about it`] : [],
    remediation: request
      ? step(
          `Set a ${request} request on the containers of ${target?.entity.name ?? 'the target'}`,
          target ? editCommand(target.entity) : null,
          'low',
        )
      : step(
          api === undefined || api === 'metrics.k8s.io'
            ? 'Install or repair metrics-server'
            : `Look whether ${api} is served: install or repair the adapter behind it, or have it give the metric`,
          `kubectl get apiservice v1beta1.${api ?? 'metrics.k8s.io'}`,
          'none',
        ),
  });
}

/** What of an API of metrics an autoscaler misses: the API itself, or the metric that it is asked for. */
function withoutMetric(hpa: KubeObject, api: string, message: string): string {
  const names = listAt(hpa, 'spec', 'metrics')
    .flatMap((metric) => [
      textAt(metric, 'external', 'metric', 'name'),
      textAt(metric, 'pods', 'metric', 'name'),
      textAt(metric, 'object', 'metric', 'name'),
    ])
    .filter((name) => name !== '');
  const name = names.find((one) => message.includes(one));
  if (name === undefined) return `the metrics API ${api} is not served or gives nothing in this cluster`;
  const isEmpty = /no metrics returned/i.test(message);
  return `its metric ${name} ${isEmpty ? `has no value: ${api} answers with none` : `is not served by ${api} in this cluster`}`;
}
