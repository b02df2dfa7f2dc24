import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesLabels } from '../../../kube/selectors.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt, timeAt } from '../../model/fields.ts';
import { endpointSlices, readyEndpoints, serviceSelector } from '../../model/services.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const apiServiceRules: readonly Rule[] = [
  {
    id: 'api-unavailable',
    catalogue: [111],
    needs: 'an APIService whose Available is not True, its Service and what hangs because of it',
    unless: 'the APIService is Available',
    conclude: (view) => view.graph.all('APIService').flatMap((api) => unavailable(view, api) ?? []),
  },
];

function unavailable(view: RuleView, api: KubeObject): Conclusion | null {
  const { graph } = view;
  const available = conditionAt(api, 'Available');
  const name = textAt(api, 'spec', 'service', 'name');
  if (available === undefined || textAt(available, 'status') === 'True' || name === '') return null;
  const served = `${textAt(api, 'spec', 'group')}/${textAt(api, 'spec', 'version')}`;
  const reason = textAt(available, 'reason');
  const message = textAt(available, 'message');
  const behind = backend(view, textAt(api, 'spec', 'service', 'namespace'), name);
  const hanging = whatHangs(view, served);
  const since = timeAt(available, 'lastTransitionTime');
  return conclusion('api-unavailable', {
    entity: entityOf(api),
    mechanism: 'apiservice_unavailable',
    wrongValue: hanging.says ? served : textAt(api, 'spec', 'group'),
    statement: `The aggregated API ${served} (APIService ${api.metadata.name}) has no backend that answers${since === null ? '' : ` since ${new Date(since).toISOString()}`}: ${reason}, ${message}. ${behind.text}${hanging.text}`,
    weight: 95,
    evidence: [
      graph.fieldRef(api, 'message', message),
      graph.fieldRef(api, 'reason', reason),
      ...hanging.refs,
      ...behind.refs,
    ],
    affects: [entityOf(api), ...hanging.entities],
    ruledOut: hanging.entities.some((entity) => entity.kind === 'Namespace')
      ? ['finalizers: the namespace controller cannot even list what is left']
      : [],
    remediation: [
      step(
        `Bring back what serves ${served}: ${behind.todo}`,
        `kubectl get apiservice ${api.metadata.name} -o yaml`,
        'none',
      ),
      ...(behind.gone
        ? [
            step(
              `Only when nothing is to serve ${served} any more: delete the APIService`,
              `kubectl delete apiservice ${api.metadata.name}`,
              'medium',
              false,
            ),
          ]
        : []),
    ],
  });
}

interface Backend {
  readonly text: string;
  readonly todo: string;
  readonly refs: readonly (EvidenceRef | null)[];
  /** Its Service does not exist: what served the API may have been removed for good. */
  readonly gone?: true;
}

/** The Service of an aggregated API, down to the workload: where the way ends. */
function backend({ graph, workloads }: RuleView, namespace: string, name: string): Backend {
  const service = graph.get('Service', namespace, name);
  const entity = { kind: 'Service', namespace, name };
  if (!service) {
    const gone = graph.absent('Service', namespace, name);
    return gone
      ? {
          text: `${entityText(entity)} does not exist.`,
          todo: `create ${entityText(entity)} and its workload`,
          refs: [gone],
          gone: true,
        }
      : { text: `It is served by ${entityText(entity)}.`, todo: `look at ${entityText(entity)}`, refs: [] };
  }
  const workload = workloads.find(
    (it) => it.entity.namespace === namespace && matchesLabels(serviceSelector(service), it.templateLabels),
  );
  const ready = readyEndpoints(graph, service);
  const slice = endpointSlices(graph, service)[0];
  const endpoints = slice && ready === 0 ? graph.refIn(entityOf(slice), '"endpoints"') : null;
  if (!workload) {
    return {
      text: `Its ${entityText(entity)} has ${ready ?? 'unknown'} ready endpoints and selects no workload that was read.`,
      todo: `start what ${entityText(entity)} selects`,
      refs: [endpoints],
    };
  }
  return stateOf(graph, workload, entity);
}

function stateOf(graph: EvidenceGraph, workload: Workload, service: Entity): Backend {
  const name = entityText(workload.entity);
  const ready = workload.pods.filter((pod) => pod.ready).length;
  if (workload.object && numberAt(workload.object, 'spec', 'replicas') === 0) {
    return {
      text: `Its ${entityText(service)} has no endpoint because ${name} is scaled to 0.`,
      todo: `scale ${name} up again`,
      refs: [graph.fieldRef(workload.object, 'replicas', 0)],
    };
  }
  const [pod] = workload.pods;
  return {
    text: `Behind it, ${entityText(service)}, ${ready} of ${workload.desired} pods of ${name} are ready.`,
    todo: ready > 0 ? `look at the port and certificate of ${name}` : `mend ${name}`,
    refs: pod ? [graph.fieldRef(pod.object, 'phase', pod.phase)] : [],
  };
}

/** What cannot go on while a group of the API does not answer: namespaces in deletion, autoscalers, clients. */
function whatHangs({ graph, troubles }: RuleView, served: string) {
  const [group = '', version = ''] = served.split('/');
  const entities: Entity[] = [];
  const refs: (EvidenceRef | null)[] = [];
  for (const namespace of graph.all('Namespace')) {
    const failed = conditionAt(namespace, 'NamespaceDeletionDiscoveryFailure', 'True');
    const message = textAt(failed, 'message');
    if (failed === undefined || !message.includes(served)) continue;
    entities.push(entityOf(namespace));
    refs.push(graph.fieldRef(namespace, 'message', message));
  }
  for (const hpa of graph.all('HorizontalPodAutoscaler')) {
    const failed = listAt(hpa, 'status', 'conditions').find(
      (it) => textAt(it, 'status') === 'False' && asks(textAt(it, 'message'), group, version),
    );
    if (failed === undefined) continue;
    entities.push(entityOf(hpa));
    refs.push(graph.fieldRef(hpa, 'message', textAt(failed, 'message')));
  }
  for (const trouble of troubles) {
    if (!trouble.reason?.text.includes(served)) continue;
    entities.push(trouble.workload.entity);
    refs.push(trouble.log ? graph.ref(trouble.log.path, trouble.reason.quote) : null);
  }
  const says = refs.some((ref) => ref?.quote.includes(served));
  const shown = entities.slice(0, 4).map(entityText).join(', ');
  return { entities, says, refs: refs.slice(0, 3), text: shown === '' ? '' : ` Because of it ${shown} cannot go on.` };
}

/** Whether a message speaks of a group of the API: `get pods.metrics.k8s.io`, `from metrics API`, `metrics.k8s.io/v1beta1`. */
function asks(message: string, group: string, version: string): boolean {
  if (message.includes(`${group}/${version}`) || message.includes(`.${group}`) || message.includes(` ${group}`))
    return true;
  const words: Readonly<Record<string, RegExp>> = {
    'metrics.k8s.io': /resource metrics API|fetching metrics from resource metrics|unable to get metrics for resource/i,
    'custom.metrics.k8s.io': /custom metrics API/i,
    'external.metrics.k8s.io': /external metrics API/i,
  };
  return words[group]?.test(message) ?? false;
}
