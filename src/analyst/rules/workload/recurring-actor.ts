import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { settingsOf } from '../../signals/settings.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const recurringActorRules: readonly Rule[] = [
  {
    id: 'recurring-actor',
    catalogue: [16],
    needs: 'a CronJob whose command changes the workload that fails',
    unless: 'the command of the CronJob only reads, or is about another workload',
    conclude: (view) => view.workloads.flatMap((it) => changedBack(view, it) ?? []),
  },
];

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
  if (named.test(text) && changes.test(text)) return { text, ref: graph.refIn(actor.entity, name) };
  for (const log of graph.logs.filter((log) =>
    actor.pods.some((pod) => pod.name === log.pod && pod.namespace === log.namespace),
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
      value === null ? null : graph.refIn(entity, value),
      managerRef(view, object),
      job ? graph.refIn(entityOf(job), `"name": "${job.metadata.name}"`) : null,
    ],
    affects: [entity],
    ruledOut: `a wrong value in ${entity.name} itself: it is written again and again`,
    remediation: step(
      `Correct or suspend CronJob ${actor.entity.name} first, then ${entity.name}`,
      `kubectl -n ${actor.entity.namespace} patch cronjob ${actor.entity.name} -p '{"spec":{"suspend":true}}'`,
      'medium',
    ),
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

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
