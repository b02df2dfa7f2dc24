import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { type Change, changeText, type RevisionChange, revisionChange } from '../../signals/rollout/revision-change.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import {
  type Conclusion,
  conclusion,
  eachCrash,
  edit,
  type Quotes,
  type Rule,
  rollBack,
  step,
  where,
} from '../rule.ts';

export const changedSettingRules: readonly Rule[] = [
  {
    id: 'changed-setting',
    catalogue: [19, 57],
    needs: 'a crashing new revision of the same image, the revision before that runs, and what the two have apart',
    unless: 'the image changed too, no pod of the revision before is ready, or the container was OOMKilled',
    conclude: eachCrash(changedSetting),
  },
];

/**
 * The image is the one that runs in the revision before: then what was changed with the revision, or in a ConfigMap or Secret
 * since its pods started, is the suspect; for sure where the log names it.
 */
function changedSetting(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { end, reason, workload } = trouble;
  if (trouble.kind !== 'crash' || end?.reason === 'OOMKilled' || reason === null) return null;
  const apart = revisionChange(graph, workload);
  if (!apart || apart.failing.name !== trouble.pod.name) return null;
  if (apart.changes.some(({ what }) => what === 'image')) return null;
  const settings = apart.changes.filter(({ what }) => what !== 'probe');
  const named = settings.find((change) => isNamed(change, reason.text));
  const [first] = named ? [named] : settings;
  if (first) return ofTemplate(graph, trouble, apart, { settings, first, isNamed: named !== undefined });
  return apart.touched.length > 0 ? ofObject(graph, trouble, apart) : null;
}

/** Whether a text speaks of what was changed: its name or its new value. */
function isNamed({ name, now }: Change, text: string): boolean {
  const words = [name, now].filter((word) => word.length >= 4);
  return words.some((word) => text.includes(word));
}

interface Suspects {
  readonly settings: readonly Change[];
  readonly first: Change;
  readonly isNamed: boolean;
}

function ofTemplate(graph: EvidenceGraph, trouble: Trouble, apart: RevisionChange, suspects: Suspects): Conclusion {
  const { reason, workload } = trouble;
  const { settings, first, isNamed: sure } = suspects;
  const value = [first.now, first.name, first.was].find((one) => one !== '') ?? '';
  return conclusion('changed-setting', {
    entity: workload.entity,
    mechanism: first.what === 'variable' && first.now === '' ? 'missing_env' : 'bad_config_value',
    wrongValue:
      first.what === 'variable' && first.now !== ''
        ? first.now
        : value.replace(/^(?:ConfigMap|Secret|PersistentVolumeClaim) /, ''),
    statement: `The ${where(trouble)} crashes since ${settings.length === 1 ? 'one setting' : `${settings.length} settings`} of the pod template changed: ${settings.slice(0, 4).map(changeText).join('; ')}. The revision before runs with the same image (pod ${apart.runs.name}). ${sure ? 'The log names it' : 'The log does not name it'}: ${reason?.text ?? ''}`,
    weight: sure ? 88 : 64,
    confidence: sure && settings.length === 1 ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.refIn(entityOf(trouble.pod.object), first.now.replace(/^\w+ /, '') || first.name),
      ...ready(graph, apart),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'the image: the revision before runs with the same one',
    remediation: [
      rollBack(workload.entity, `Take ${workload.entity.name} back to its revision before`),
      edit(`Correct ${changeText(first)} of ${workload.entity.name}`, workload.entity),
    ],
  });
}

function ofObject(graph: EvidenceGraph, trouble: Trouble, apart: RevisionChange): Conclusion | null {
  const { reason, workload } = trouble;
  const [first] = apart.touched.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  if (!first) return null;
  const entity = entityOf(first.object);
  return conclusion('changed-object', {
    entity,
    mechanism: 'bad_config_value',
    wrongValue: entity.name,
    statement: `The ${where(trouble)} crashes in its new pods only: image and template are those of pod ${apart.runs.name}, which runs, and ${entityText(entity)} was changed at ${first.at}, after that pod had started; it still has the content of before. The new pods say: ${reason?.text ?? ''}`,
    weight: 64,
    confidence: 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.fieldRef(first.object, 'time', first.at),
      ...ready(graph, apart),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: ['the image: a pod with the same one runs', 'the pod template: both revisions have the same'],
    remediation: step(
      `See what was changed in ${entityText(entity)} at ${first.at}, and take it back before the pods that run are started again`,
      `kubectl -n ${entity.namespace} get ${entity.kind.toLowerCase()} ${entity.name} -o yaml --show-managed-fields`,
      'none',
    ),
  });
}

const ready = (graph: EvidenceGraph, { runs }: RevisionChange): Quotes => [
  graph.fieldRef(runs.object, 'phase', runs.phase),
  graph.fieldRef(runs.object, 'startTime', (runs.object['status'] as { startTime?: unknown } | undefined)?.startTime),
];
