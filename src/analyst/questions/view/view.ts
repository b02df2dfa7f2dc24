import { analystRequest } from '../../../domain/decide/analyst-request.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { AnswerPart } from './words.ts';
import { analyse } from '../../answer.ts';
import { readEvidence } from '../../model/evidence-files.ts';
import { entityKey, entityText, sameEntity } from '../../model/entities.ts';
import { selectedPods } from '../../model/services.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import type { Analysis } from '../../rank/analysis.ts';
import { type AskedWindow, askedWindow } from '../time/asked-window.ts';
import type { AskedQuestion, KeptIncident } from './kept.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import { type Named, namesIn, nobody } from './names.ts';
import { strangeTimeIn, timePhraseIn } from '../time/time-phrase.ts';

/** What an answer is made from: what is kept, what the analyst sees in it, and what the question names. */
export interface QuestionView {
  readonly kept: KeptIncident;
  /** Its words, or those of the question before it. */
  readonly question: string;
  readonly meaning: Meaning;
  /** Null when no evidence is kept. */
  readonly analysis: Analysis | null;
  readonly named: Named;
  /** When the first fault began, ms since the epoch. */
  readonly since: number;
  /** The time that the question asks about; null for all of it. */
  readonly window: AskedWindow | null;
  /** The words that look like a time and narrow nothing: they were not understood, or have not come; null for none. */
  readonly strangeTime: string | null;
}

/** Answers one intent. Nothing to say gives no lines. */
export type PartOf = (view: QuestionView) => AnswerPart;

/** `before`: what was asked before the question, which it may go on from; and when it was asked. */
export function viewOf(
  kept: KeptIncident,
  text: string,
  before: Pick<AskedQuestion, 'talk' | 'after' | 'askedAt'> = {},
): QuestionView {
  const { incident, faults } = kept.detail;
  const request = analystRequest(incident, faults, []);
  const analysis = kept.files.length === 0 ? null : analyse(request, readEvidence(kept.files));
  const spoken = spokenOf(kept);
  const naming = (words: string): Named => {
    if (analysis === null) return nobody;
    const { graph, workloads: all, focus } = analysis;
    return namesIn(words, graph, { all, own: focus.workloads, spoken });
  };
  const meaning = meaningOf({ kept, text, ...before }, naming);
  const { question, time, named } = meaning;
  const { since } = request;
  const window = askedWindow(time, { now: before.askedAt ?? kept.now, since });
  const strangeTime = strangeTimeIn(time) ?? (window === null ? (timePhraseIn(time)?.text ?? null) : null);
  return { kept, question, meaning, analysis, since, window, strangeTime, named };
}

/** The words of the incident itself, small: its cluster and environment, and what its causes say. */
function spokenOf({ detail: { incident }, verdict }: KeptIncident): ReadonlySet<string> {
  const causes = verdict?.causes.flatMap(({ statement, wrong_value }) => [statement, wrong_value ?? '']) ?? [];
  const words = [incident.cluster, incident.environment ?? '', incident.title, incident.cause ?? '', ...causes];
  return new Set(
    words.flatMap((text) =>
      text
        .toLowerCase()
        .split(/[^a-z0-9._-]+/)
        .flatMap(withoutStop),
    ),
  );
}

/** A word as it stands, and without the end of its sentence. */
const withoutStop = (word: string): readonly string[] => [word, word.replace(/\.$/, '')];

/** The pods that a question is about: those that it names, else those of the incident; what is not ready first. */
export function podsOf({ kept, analysis, named }: QuestionView): readonly PodView[] {
  if (analysis === null) return [];
  const all = analysis.workloads.flatMap(({ pods }) => pods);
  const of = (entities: readonly Entity[]): readonly PodView[] =>
    all.filter((pod) => entities.some((entity) => isOf(entity, pod, analysis)));
  // Of an object without pods, the pods of another one are no answer.
  if (named.entities.length > 0) return sorted(of(named.entities));
  const { owner, resource } = kept.detail.incident;
  const focus = analysis.focus.workloads.flatMap(({ pods }) => pods);
  const own = [...new Set([...focus, ...of([resource, owner])])];
  const pods = own.length > 0 ? own : of(kept.verdict?.victims ?? []);
  const isNamed = (pod: PodView): boolean => pod.containers.some(({ name }) => named.containers.includes(name));
  return sorted(named.containers.length === 0 || pods.some(isNamed) ? pods : all.filter(isNamed));
}

/** The workloads that a question is about, in the same way. */
export function workloadsOf(view: QuestionView): readonly Workload[] {
  const pods = new Set(podsOf(view));
  return (view.analysis?.workloads ?? []).filter(
    (workload) =>
      workload.pods.some((pod) => pods.has(pod)) ||
      view.named.entities.some((entity) => sameEntity(entity, workload.entity)) ||
      (view.named.entities.length === 0 && view.analysis?.focus.workloads.includes(workload) === true),
  );
}

/** The objects that a question is about beside their pods: those that it names, else what the incident and its causes are about. */
export function entitiesOf({ kept, analysis, named }: QuestionView): readonly Entity[] {
  if (named.entities.length > 0) return named.entities;
  const { incident, faults } = kept.detail;
  const all = [
    ...(kept.verdict?.causes.map(({ entity }) => entity) ?? []),
    ...(analysis?.focus.entities ?? []),
    incident.owner,
    incident.resource,
    ...faults.slice(0, 50).map(({ resource }) => resource),
  ].map(({ kind, namespace, name }) => ({ kind, namespace, name }));
  return [...new Map(all.map((entity) => [entityKey(entity), entity])).values()];
}

function isOf(entity: Entity, pod: PodView, { graph, workloads }: Analysis): boolean {
  if (entity.kind === 'Pod') return pod.name === entity.name && pod.namespace === (entity.namespace ?? '');
  if (entity.kind === 'Node') return pod.node === entity.name;
  if (entity.kind === 'Namespace') return pod.namespace === entity.name;
  if (entity.kind === 'Service') {
    const service = graph.get(entity.kind, entity.namespace, entity.name);
    return service !== null && isPodOf(selectedPods(graph, service), pod);
  }
  const owners = pod.object.metadata.ownerReferences ?? [];
  return (
    owners.some(
      ({ kind, name }) => kind === entity.kind && name === entity.name && pod.namespace === entity.namespace,
    ) || workloads.some((workload) => sameEntity(workload.entity, entity) && workload.pods.includes(pod))
  );
}

const isPodOf = (some: readonly PodView[], pod: PodView): boolean =>
  some.some(({ namespace, name }) => namespace === pod.namespace && name === pod.name);

/** What is not ready first, then by name. */
function sorted(pods: readonly PodView[]): readonly PodView[] {
  return pods.toSorted((a, b) => Number(a.ready) - Number(b.ready) || (a.name < b.name ? -1 : 1));
}

export const podText = (pod: PodView): string => entityText({ kind: 'Pod', namespace: pod.namespace, name: pod.name });

/** Containers of a pod that a question is about. */
export function containersIn(view: QuestionView, pod: PodView): PodView['containers'] {
  const wanted = pod.containers.filter(({ name }) => view.named.containers.includes(name));
  return wanted.length > 0 ? wanted : pod.containers;
}
