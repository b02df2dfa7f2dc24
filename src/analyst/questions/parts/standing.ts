import { say } from '../../../report/answer-lines.ts';
import type { FaultEpisode } from '../../../domain/records.ts';
import { isLive } from '../../../domain/incident.ts';
import { reasonWithComment } from '../../../domain/people/incident-act.ts';
import { clockTime } from '../../../lib/format.ts';
import { plural } from '../../../lib/text.ts';
import { entityText } from '../../model/entities.ts';
import { kindsIn } from '../view/asked-kinds.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { podsAround, wouldShow } from '../view/would-show.ts';
import { joined, when } from '../view/words.ts';
import { kindState } from './kind-state.ts';
import { namedState } from './named-state.ts';

const maxFaults = 5;

/** How what is asked about stands: the objects that the question names, by name or by kind, else the incident. */
export const state: PartOf = (view) => {
  const { entities, containers } = view.named;
  if (entities.length > 0) return namedState(view);
  const kinds = otherKinds(view);
  if (kinds.length > 0 && containers.length === 0) return kindState(view, kinds);
  return containers.length > 0 ? joined(incidentState(view), namedState(view)) : incidentState(view);
};

/** Kinds that the question names without a name, but for those of the incident's own object: that is the incident. */
function otherKinds({ question, analysis, kept }: QuestionView): readonly string[] {
  const { owner, resource } = kept.detail.incident;
  const held = analysis?.graph.kinds ?? [];
  return kindsIn(question, held).filter((kind) => kind !== owner.kind && kind !== resource.kind);
}

/** What the rows say of now, and as of when. Nothing is asked of the cluster for it. */
const incidentState: PartOf = (view) => {
  const { kept, analysis } = view;
  const { incident, faults, acts } = kept.detail;
  const active = faults.filter(({ clearedAt }) => clearedAt === null);
  const { now } = kept;
  const read =
    analysis === null || analysis.graph.now === 0 ? [] : [evidenceLine(analysis.health.why, analysis.graph.now, now)];
  return {
    lines: [
      say(headline(isLive(incident.status), active.length, faults.length, incident.resolvedAt, now)),
      say(`The incident is ${incident.status}${inBrackets(reasonWithComment(incident, acts))}.`),
      ...active.slice(0, maxFaults).map((fault) => say(faultLine(fault, now))),
      ...(active.length > maxFaults ? [`And ${active.length - maxFaults} more.`] : []),
      ...faults
        .filter(({ clearedAt }) => clearedAt !== null)
        .slice(0, active.length === 0 ? maxFaults : 2)
        .map((fault) => say(`Cleared: ${nameOf(fault)}, ${when(fault.clearedAt ?? 0, now)}.`)),
      ...read,
      ...(isLive(incident.status) ? wouldShow(view, podsAround(view), 'How it is now is shown by:') : []),
    ],
    sources: ['incident', 'faults', ...(read.length > 0 ? ['evidence'] : [])],
  };
};

function inBrackets(reason: string | null): string {
  return reason === null ? '' : ` (${reason})`;
}

function headline(live: boolean, active: number, all: number, resolvedAt: number | null, now: number): string {
  if (active > 0)
    return `As far as is known it stands: ${active} of ${plural(all, 'fault')} have not cleared.`.replace(
      /^(.*: 1 of .*) have /,
      '$1 has ',
    );
  if (!live) return `It is over${resolvedAt === null ? '' : ` since ${when(resolvedAt, now)}`}: no fault stands.`;
  return all === 0
    ? 'No fault of it is kept.'
    : 'No fault of it stands any more; the incident has not been resolved yet.';
}

function faultLine(fault: FaultEpisode, now: number): string {
  const swept =
    fault.lastSweepAt === null
      ? 'no sweep has found it yet'
      : `the last sweep that found it: ${when(fault.lastSweepAt, now)}`;
  const clearing =
    fault.clearSeenAt === null ? '' : `; a sweep saw it cleared at ${clockTime(fault.clearSeenAt)}, one more has to`;
  const often = fault.count > 1 ? `, ${fault.count} times` : '';
  return `${nameOf(fault)}: last seen ${when(fault.lastSeen, now)}${often}; ${swept}${clearing}.`;
}

const nameOf = ({ faultType, resource, container }: FaultEpisode): string =>
  `${faultType} on ${entityText({ kind: resource.kind, namespace: resource.namespace ?? null, name: resource.name })}${container === '' ? '' : `, container ${container}`}`;

function evidenceLine(why: string, at: number, now: number): string {
  return say(`When the evidence was read, of which the newest time is ${when(at, now)}: ${why}.`);
}

/** Since when, and what happened in which order. */
export const since: PartOf = ({ kept }) => {
  const { incident, faults, runs, acts } = kept.detail;
  const { now } = kept;
  const began = Math.min(incident.openedAt, ...faults.map((fault) => fault.since ?? fault.firstSeen));
  const steps: (readonly [number | null, string])[] = [
    ...faults
      .slice(0, 20)
      .flatMap((fault) => [
        [fault.since, `${nameOf(fault)} began, as the cluster says`] as const,
        [fault.firstSeen, `${nameOf(fault)} was first received`] as const,
        [fault.clearedAt, `${nameOf(fault)} cleared`] as const,
      ]),
    [
      incident.openedAt,
      incident.reopened > 0
        ? `the incident was opened, ${plural(incident.reopened, 'time')} again since`
        : 'the incident was opened',
    ],
    ...runs
      .slice(-5)
      .flatMap((run) => [
        [run.startedAt, 'an investigation began'] as const,
        [run.endedAt, `the investigation ended: ${run.result?.outcome ?? run.status}`] as const,
      ]),
    [incident.acknowledged?.at ?? null, `${incident.acknowledged?.by ?? ''} acknowledged it`],
    [incident.resolvedAt, `it was resolved${inBrackets(reasonWithComment(incident, acts))}`],
  ];
  const told = steps
    .flatMap(([at, what]) => (at === null ? [] : [{ at, what }]))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, 20);
  const lasted = incident.resolvedAt === null ? '' : `, until ${clockTime(incident.resolvedAt)}`;
  return {
    lines: [say(`Since ${when(began, now)}${lasted}.`), ...told.map(({ at, what }) => say(`${clockTime(at)} ${what}`))],
    sources: ['incident', 'faults', 'runs'],
  };
};

/** Whether it was there before, and what else is kept of the object. */
export const history: PartOf = ({ kept }) => {
  const { incident, faults } = kept.detail;
  const { now } = kept;
  const earlier = kept.history?.sameObject ?? [];
  const around = kept.history?.around ?? [];
  const name = entityText({ ...incident.owner, namespace: incident.owner.namespace ?? null });
  const repeats = faults.reduce((sum, { count }) => sum + count, 0);
  const line = (one: typeof incident): string =>
    say(
      `${one.id}: ${one.title}, opened ${when(one.openedAt, now)}, ${one.status}${one.cause === null ? '' : `: ${one.cause}`}`,
    );
  const known =
    kept.history === null && incident.previousId === null
      ? `Other incidents were not looked at: nightcrier why ${incident.cluster} ${incident.owner.kind}/${incident.owner.namespace ?? ''}/${incident.owner.name} tells what is kept of it.`
      : `No other incident of ${name} is kept.`;
  return {
    lines: [
      ...(incident.reopened > 0
        ? [say(`This incident was resolved and opened again ${plural(incident.reopened, 'time')}.`)]
        : []),
      ...(incident.previousId === null ? [] : [say(`The same was incident ${incident.previousId} before.`)]),
      ...(earlier.length > 0
        ? [say(`${plural(earlier.length, 'other incident')} of ${name}:`)]
        : incident.previousId === null
          ? [say(known)]
          : []),
      ...earlier.slice(0, 5).map(line),
      ...(repeats > 1 ? [say(`Its faults were received ${repeats} times.`)] : []),
      ...(around.length > 0
        ? [
            say(`In the same cluster within 30 minutes of it: ${plural(around.length, 'incident')}.`),
            ...around.slice(0, 3).map(line),
          ]
        : []),
    ],
    sources: ['incident', 'faults', ...(kept.history === null ? [] : ['other incidents'])],
  };
};

/** Who has it, and who was told. */
export const who: PartOf = ({ kept }) => {
  const { incident, runs, acts } = kept.detail;
  const { now } = kept;
  const ack = incident.acknowledged ?? null;
  const labels = Object.entries(incident.labels).slice(0, 10);
  const sent = (kept.history?.deliveries ?? []).filter(({ status }) => status === 'sent');
  const targets = Object.entries(Object.groupBy(sent, ({ target }) => target));
  const asked = runs.flatMap(({ requestedBy }) => requestedBy ?? []).slice(-3);
  return {
    lines: [
      ack === null
        ? 'Nobody has acknowledged it.'
        : say(`${ack.by} has it, since ${when(ack.at, now)}${ack.comment === '' ? '' : `: ${ack.comment}`}`),
      ...(incident.status === 'resolved' ? [say(`It ended: ${reasonWithComment(incident, acts) ?? 'resolved'}.`)] : []),
      ...(asked.length > 0 ? [say(`Another investigation was asked for by ${asked.join(', ')}.`)] : []),
      ...(labels.length > 0
        ? [say(`The cluster's labels: ${labels.map(([key, value]) => `${key}=${value}`).join(', ')}.`)]
        : []),
      ...targets.map(([target, list]) =>
        say(
          `Told by ${target}: ${plural(list?.length ?? 0, 'message')}, the last ${when(list?.at(-1)?.sentAt ?? 0, now)}.`,
        ),
      ),
    ],
    sources: ['incident', ...(kept.history === null ? [] : ['messages'])],
  };
};
