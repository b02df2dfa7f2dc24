import type { Entity, EvidenceRef } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { listAt, recordAt, textAt } from '../graph/fields.ts';
import { matchesSelector } from '../graph/label-selector.ts';
import { entityOf, entityText } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';
import { type Conclusion, conclusion, editCommand, fileOf, type Rule, type RuleView, step } from './rule.ts';
import { settingsOf } from './settings.ts';
import { templateContainer, type Trouble } from './trouble.ts';

import { escapeRegExp } from './images.ts';

export const rewriteRules: readonly Rule[] = [
  {
    id: 'rewritten-pod',
    catalogue: [17, 48],
    needs: 'a pod that differs from its template, and the mutating webhooks or the LimitRange',
    conclude: (view) => view.troubles.flatMap((it) => rewritten(view, it) ?? []),
  },
  {
    id: 'recurring-actor',
    catalogue: [16],
    needs: 'a CronJob whose command changes the workload that fails',
    conclude: (view) => view.workloads.flatMap((it) => changedBack(view, it) ?? []),
  },
];

interface Difference {
  readonly what: string;
  readonly inPod: string;
  readonly inTemplate: string;
}

/** What the running container has other than its template says. */
function difference(it: Trouble): Difference | null {
  const wanted = templateContainer(it.workload, it.container.name);
  if (wanted === undefined) return null;
  const paths: [string, string[]][] = [
    ['memory limit', ['resources', 'limits', 'memory']],
    ['cpu limit', ['resources', 'limits', 'cpu']],
    ['image', ['image']],
  ];
  for (const [what, path] of paths) {
    const inPod = textAt(it.container.spec, ...path);
    const inTemplate = textAt(wanted, ...path);
    if (inPod !== inTemplate && inPod !== '') return { what, inPod, inTemplate };
  }
  const env = (spec: unknown): string[] => listAt(spec, 'env').map((x) => `${textAt(x, 'name')}=${textAt(x, 'value')}`);
  const added = env(it.container.spec).find((x) => !env(wanted).includes(x));
  return added === undefined ? null : { what: 'environment', inPod: added, inTemplate: '' };
}

function rewritten(view: RuleView, it: Trouble): Conclusion | null {
  const { graph } = view;
  const found = difference(it);
  if (!found || it.workload.object === null || it.workload.entity.kind === 'Pod') return null;
  const cause = limitRangeDefault(view, it, found) ?? mutatingWebhook(view, it);
  if (!cause) return null;
  const killed = it.end?.reason === 'OOMKilled' ? '; the container is OOMKilled' : '';
  const webhook = cause.kind === 'MutatingWebhookConfiguration';
  return conclusion(webhook ? 'webhook-mutation' : 'limit-range-default', {
    entity: cause,
    mechanism: webhook ? 'webhook_mutation' : 'limitrange',
    wrongValue: found.inPod,
    statement: `${cause.kind} ${cause.name} ${webhook ? 'rewrites' : 'sets'} the ${found.what} of new pods to ${found.inPod}, while ${entityText(it.workload.entity)} ${found.inTemplate === '' ? 'sets none' : `asks for ${found.inTemplate}`}${killed}.`,
    weight: 96,
    evidence: [
      graph.ref(
        fileOf(entityOf(it.pod.object)),
        found.what === 'environment' ? (found.inPod.split('=')[0] ?? '') : JSON.stringify(found.inPod),
      ),
      found.inTemplate === '' ? null : graph.ref(fileOf(it.workload.entity), JSON.stringify(found.inTemplate)),
      graph.ref(fileOf(cause), `"name": "${cause.name}"`),
      it.end ? graph.fieldRef(it.pod.object, 'reason', it.end.reason) : null,
    ],
    affects: [it.workload.entity],
    ruledOut: [`the limit in the template of ${it.workload.entity.name}: its pods do not get it`],
    remediation: [
      step(
        `Correct what ${cause.kind} ${cause.name} does to pods of ${it.pod.namespace}, then restart ${it.workload.entity.name}`,
        editCommand(cause),
        'medium',
      ),
    ],
  });
}

function limitRangeDefault({ graph }: RuleView, it: Trouble, found: Difference): Entity | null {
  const resource = found.what.replace(' limit', '');
  if (found.inTemplate !== '') return null;
  const range = graph
    .all('LimitRange', it.pod.namespace)
    .find((x) => listAt(x, 'spec', 'limits').some((limit) => textAt(limit, 'default', resource) === found.inPod));
  return range ? entityOf(range) : null;
}

/** A mutating webhook for pods whose namespace and object selectors take this one. */
function mutatingWebhook({ graph }: RuleView, it: Trouble): Entity | null {
  const labels = graph.get('Namespace', null, it.pod.namespace)?.metadata.labels ?? {
    'kubernetes.io/metadata.name': it.pod.namespace,
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
          matchesSelector(recordAt(webhook, 'objectSelector'), it.pod.object.metadata.labels ?? {}),
      ),
    );
  return found ? entityOf(found) : null;
}

const changes =
  /\b(?:patch(?:ed|ing)?|set resources|set image|set env|scaled?|apply|applied|replace[ds]?|annotate|limits?|replicas|PATCH|PUT)\b/;

/** A CronJob, anywhere, that changes the workload: its command or the log of its pods names it. */
function changedBack(view: RuleView, workload: Workload): Conclusion | null {
  const { object, entity } = workload;
  if (!object || (object.metadata.generation ?? 0) < 2 || entity.kind === 'CronJob' || !isHarmed(view, workload))
    return null;
  for (const actor of view.workloads.filter((it) => it.entity.kind === 'CronJob' && it.object)) {
    const deed = deedOf(view, actor, workload);
    if (deed) return recurring(view, workload, object, { actor, ...deed });
  }
  return null;
}

interface Deed {
  /** The command or the log that names the workload and a change. */
  readonly text: string;
  readonly ref: EvidenceRef | null;
}

function deedOf({ graph }: RuleView, actor: Workload, workload: Workload): Deed | null {
  const { name } = workload.entity;
  if (name === actor.entity.name) return null;
  const named = new RegExp(`(?:^|[^\\w-])${escapeRegExp(name)}(?:$|[^\\w-])`);
  const containers = listAt(actor.template, 'containers').map((it) => textAt(it, 'name'));
  const settings = containers.flatMap((container) => settingsOf(graph, actor, container));
  const text = settings.map((it) => `${it.name}=${it.value}`).join('\n');
  if (named.test(text) && changes.test(text)) return { text, ref: graph.ref(fileOf(actor.entity), name) };
  for (const log of graph.logs.filter((it) =>
    actor.pods.some((pod) => pod.name === it.pod && pod.namespace === it.namespace),
  )) {
    const line = log.text.split('\n').find((it) => named.test(it) && changes.test(it));
    if (line !== undefined) return { text: line, ref: graph.ref(log.path, line) };
  }
  return null;
}

function recurring(
  view: RuleView,
  workload: Workload,
  object: KubeObject,
  { actor, text, ref }: Deed & { readonly actor: Workload },
): Conclusion {
  const { graph } = view;
  const { entity } = workload;
  const value = setValue(text, object, view, workload);
  const [job] = actor.jobs;
  return conclusion('recurring-actor', {
    entity: actor.entity,
    mechanism: 'recurring_actor',
    wrongValue: value ?? entity.name,
    statement: `CronJob ${actor.entity.namespace}/${actor.entity.name} keeps changing ${entityText(entity)}${value === null ? '' : ` to ${value}`} (schedule ${textAt(actor.object, 'spec', 'schedule')}); a correction is undone at its next run.`,
    weight: 97,
    confidence: value === null ? 'medium' : 'high',
    evidence: [
      ref,
      value === null ? null : graph.ref(fileOf(entity), value),
      managerRef(view, object),
      job ? graph.ref(fileOf(entityOf(job)), `"name": "${job.metadata.name}"`) : null,
    ],
    affects: [entity],
    ruledOut: [`a wrong value in ${entity.name} itself: it is written again and again`],
    remediation: [
      step(
        `Correct or suspend CronJob ${actor.entity.name} first, then ${entity.name}`,
        `kubectl -n ${actor.entity.namespace} patch cronjob ${actor.entity.name} -p '{"spec":{"suspend":true}}'`,
        'medium',
      ),
    ],
  });
}

const isHarmed = ({ troubles }: RuleView, workload: Workload): boolean =>
  workload.desired === 0 || troubles.some((it) => it.workload === workload) || workload.pods.some((pod) => !pod.ready);

/** The value that stands both in what the actor does and in the workload; of an OOM the limit. */
function setValue(text: string, object: KubeObject, view: RuleView, workload: Workload): string | null {
  const spec = JSON.stringify(object['spec'] ?? {});
  const oom = view.troubles.find((it) => it.workload === workload && it.end?.reason === 'OOMKilled');
  const limit = oom ? textAt(oom.container.spec, 'resources', 'limits', 'memory') : '';
  if (limit !== '') return limit;
  const found = [...text.matchAll(/\b\d+(?:Mi|Gi|Ki|m)\b/g)]
    .map((match) => match[0])
    .find((value) => spec.includes(`"${value}"`));
  if (found !== undefined) return found;
  return workload.desired === 0 ? '0' : null;
}

/** Who wrote the object last: the field manager's name. */
function managerRef({ graph }: RuleView, object: KubeObject) {
  const last = (object.metadata.managedFields ?? [])
    .filter((it) => !/controller-manager/.test(it.manager ?? ''))
    .at(-1);
  return last?.manager === undefined ? null : graph.fieldRef(object, 'manager', last.manager);
}
