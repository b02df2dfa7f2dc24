import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import { templateContainer } from '../../model/workload.ts';
import type { Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView } from '../rule.ts';

export const rewriteRules: readonly Rule[] = [
  {
    id: 'rewritten-pod',
    catalogue: [17, 48],
    needs: 'a pod that differs from its template, and the mutating webhooks or the LimitRange',
    unless: 'the template itself holds the value that the pod has',
    conclude: (view) => view.troubles.flatMap((it) => rewritten(view, it) ?? []),
  },
];

interface Difference {
  readonly what: string;
  readonly inPod: string;
  readonly inTemplate: string;
}

/** What the running container has other than its template says. */
function difference(trouble: Trouble): Difference | null {
  const { container } = trouble;
  const wanted = templateContainer(trouble.workload, container.name);
  if (wanted === undefined) return null;
  const paths: [string, string[]][] = [
    ['memory limit', ['resources', 'limits', 'memory']],
    ['cpu limit', ['resources', 'limits', 'cpu']],
    ['image', ['image']],
  ];
  for (const [what, path] of paths) {
    const inPod = textAt(container.spec, ...path);
    const inTemplate = textAt(wanted, ...path);
    if (inPod !== inTemplate && inPod !== '') return { what, inPod, inTemplate };
  }
  const env = (spec: unknown): string[] => listAt(spec, 'env').map((x) => `${textAt(x, 'name')}=${textAt(x, 'value')}`);
  const added = env(container.spec).find((x) => !env(wanted).includes(x));
  return added === undefined ? null : { what: 'environment', inPod: added, inTemplate: '' };
}

/** What of a difference stands in the pod as it is: of a variable its name. */
const quotableOf = ({ what, inPod }: Difference): string =>
  what === 'environment' ? (inPod.split('=')[0] ?? '') : inPod;

function rewritten(view: RuleView, trouble: Trouble): Conclusion | null {
  const { end, pod, workload } = trouble;
  const { graph } = view;
  const found = difference(trouble);
  if (!found || workload.object === null || workload.entity.kind === 'Pod') return null;
  const cause = limitRangeDefault(view, trouble, found) ?? mutatingWebhook(view, trouble);
  if (!cause) return null;
  const killed = end?.reason === 'OOMKilled' ? '; the container is OOMKilled' : '';
  const webhook = cause.kind === 'MutatingWebhookConfiguration';
  return conclusion(webhook ? 'webhook-mutation' : 'limit-range-default', {
    entity: cause,
    mechanism: webhook ? 'webhook_mutation' : 'limitrange',
    wrongValue: quotableOf(found),
    statement: `${cause.kind} ${cause.name} ${webhook ? 'rewrites' : 'sets'} the ${found.what} of new pods to ${found.inPod}, while ${entityText(workload.entity)} ${found.inTemplate === '' ? 'sets none' : `asks for ${found.inTemplate}`}${killed}.`,
    weight: 96,
    evidence: [
      graph.refIn(entityOf(pod.object), JSON.stringify(quotableOf(found))),
      found.inTemplate === '' ? null : graph.refIn(workload.entity, JSON.stringify(found.inTemplate)),
      graph.refIn(cause, `"name": "${cause.name}"`),
      end ? graph.fieldRef(pod.object, 'reason', end.reason) : null,
    ],
    affects: [workload.entity],
    ruledOut: `the limit in the template of ${workload.entity.name}: its pods do not get it`,
    remediation: edit(
      `Correct what ${cause.kind} ${cause.name} does to pods of ${pod.namespace}, then restart ${workload.entity.name}`,
      cause,
      'medium',
    ),
  });
}

function limitRangeDefault({ graph }: RuleView, trouble: Trouble, found: Difference): Entity | null {
  const resource = found.what.replace(' limit', '');
  if (found.inTemplate !== '') return null;
  const range = graph
    .all('LimitRange', trouble.pod.namespace)
    .find((x) => listAt(x, 'spec', 'limits').some((limit) => textAt(limit, 'default', resource) === found.inPod));
  return range ? entityOf(range) : null;
}

/** A mutating webhook for pods whose namespace and object selectors take this one. */
function mutatingWebhook({ graph }: RuleView, trouble: Trouble): Entity | null {
  const { pod } = trouble;
  const labels = graph.get('Namespace', null, pod.namespace)?.metadata.labels ?? {
    'kubernetes.io/metadata.name': pod.namespace,
  };
  const found = graph
    .all('MutatingWebhookConfiguration')
    .find((configuration) =>
      listAt(configuration, 'webhooks').some(
        (webhook) =>
          listAt(webhook, 'rules').some((rule) =>
            listAt(rule, 'resources').some((x) => x === 'pods' || x === '*' || x === '*/*'),
          ) &&
          matchesSelector(recordAt(webhook, 'namespaceSelector'), labels) &&
          matchesSelector(recordAt(webhook, 'objectSelector'), pod.object.metadata.labels ?? {}),
      ),
    );
  return found ? entityOf(found) : null;
}
