import { shortConfidence } from '../../domain/verdict/confidence.ts';
import { accessNote, stakeWords } from '../../domain/decide/kubectl-access.ts';
import type { StormView } from '../../domain/fault.ts';
import type { RunUsage } from '../../domain/agent-gateway.ts';
import type { FaultEpisode, Incident, IncidentStatus, Run } from '../../domain/records.ts';
import { clusterText, type FleetView } from '../../domain/incident.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { impactWords } from '../../domain/verdict/impact-words.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import { signatureWords } from '../../domain/storm/signature.ts';
import { memberText, sharedWords } from '../../domain/storm/storm-words.ts';
import { localTime, timesInZone } from '../../lib/display/local-time.ts';
import { hangDisplay } from '../../lib/display/width.ts';
import { age, spokenDuration, spokenUsd } from '../../lib/format.ts';
import { calledOverBy, reasonWithComment } from '../../domain/people/incident-act.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { entityWords } from '../../report/model/answer-report.ts';
import { evidenceViewLines } from './evidence-view.ts';
import { objectName } from './object-name.ts';
import { type PeopleHistory, peopleLines, saidLines } from './people-lines.ts';
import { severityStyle, type Style } from './style.ts';

/** The cause in one line of `max` characters, whole without it, or where the incident stands while there is none. */
export function causeLine(incident: Incident, max = Infinity): string {
  if (incident.cause !== null) {
    const confidence = incident.confidence === null ? '' : ` (${shortConfidence[incident.confidence]})`;
    return oneLine(incident.cause, max - confidence.length) + confidence;
  }
  const reason = oneLine(incident.statusReason ?? '', max - 12);
  const lines: Record<IncidentStatus, string> = {
    open: 'gathering faults, the investigation starts shortly',
    queued: 'waiting for a free slot',
    investigating: 'being investigated',
    failed: `no report: ${reason || 'the investigation failed'}`,
    reported: 'no cause found, the report says what was looked at',
    resolved: reason === '' ? 'no cause found' : `ended: ${reason}`,
    skipped: reason === '' ? 'skipped' : `skipped: ${reason}`,
  };
  return lines[incident.status];
}

/** The folder with the logs of a run, null when this machine does not have it. */
export type LogsOf = (run: Run) => string | null;

/** Where and how an incident is shown. */
export interface IncidentLooks {
  readonly now: number;
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
  readonly timeZone: string;
  /** Where the daemon's pages are, null when it serves none. */
  readonly url: string | null;
  readonly logsOf?: LogsOf;
  /** What was kept beside the answer; null when nothing was, or nobody could read it. */
  readonly findings?: Findings | null;
  /** What people said and silenced; null where nobody could ask. */
  readonly history?: PeopleHistory | null;
}

/** An incident as a person reads it at night: what broke and why first, then since when, then what to do. */
export function incidentLines(detail: IncidentDetail, looks: IncidentLooks): string[] {
  const { incident, faults, runs, storm, fleet } = detail;
  const { now, style, width, logsOf = () => null, findings = null, history = null } = looks;
  const lines = [
    ...fieldLines(detail, looks),
    ...fleetLines(fleet),
    ...stormLines(incident, storm),
    ...(findings === null ? evidenceLines(runs) : evidenceViewLines(findings, looks)),
    ...nextSteps(runs, incident.cluster),
    ...peopleLines(detail, history, now),
    ...faultLines(faults, now),
    ...runLines(runs, now, logsOf),
  ];
  return [...titleLines(incident, style, width), '', ...lines.flatMap((line) => wrapped(line, looks))];
}

/** The title in its colours, which take no columns. */
function titleLines(incident: Incident, style: Style, width: number): string[] {
  const { severity, title } = incident;
  const word = severity.toUpperCase();
  const where = oneLine(clusterText(incident), 110);
  const [first = '', ...more] = hangDisplay(`${word}  `, `${oneLine(title, 160)} · ${where}`, width);
  const paint = severityStyle(style, severity);
  return [`${paint(word)}${first.slice(word.length)}`, ...more].map((line) => style.bold(line));
}

/** A line hangs behind its label, or behind the mark of its list, with its times in the zone; what is quoted and commands stay. */
function wrapped(line: string, { width, timeZone }: Pick<IncidentLooks, 'width' | 'timeZone'>): string[] {
  const begin = /^(?:[A-Z][a-z]+ +|  - )/.exec(line)?.[0];
  if (begin !== undefined) return hangDisplay(begin, timesInZone(line.slice(begin.length), timeZone), width);
  return [line];
}

/** A fact a line. */
function fieldLines(detail: IncidentDetail, { now, timeZone, url, history = null }: IncidentLooks): string[] {
  const { incident, faults } = detail;
  const since = firstSeen(incident, faults);
  return [
    ...impactLine(incident, now),
    `Cause    ${causeLine(incident, 400)}`,
    ...saidLines(detail, history).map((line) => `Said     ${line}`),
    `Status   ${status(detail, now)}`,
    ...acknowledged(incident, now),
    `Since    ${localTime(since, timeZone)} (${age(since, now)} ago)`,
    `Object   ${objectName(incident.resource)}`,
    `Owner    ${objectName(incident.owner)}${incident.owner.certain ? '' : ' (by its name, nobody could be asked)'}`,
    ...(url === null ? [] : [`Page     ${incidentPage(url, incident.id)}`]),
    ...(url !== null && incident.report !== null ? [] : [`Report   ${incident.report ?? 'none yet'}`]),
    `Id       ${incident.id}`,
    ...(incident.previousId === null ? [] : [`Before   ${incident.previousId}${calledOver(incident)}`]),
  ];
}

/** What it means for users, and how long ago that was read. */
function impactLine({ impact, owner }: Incident, now: number): string[] {
  if (!impact) return [];
  const read = impact.at === null ? '' : ` Read ${age(impact.at, now)} ago.`;
  return [`Impact   ${oneLine(impactWords(impact, entityWords(owner)), 800)}${read}`];
}

function calledOver({ previousEnd }: Incident): string {
  const by = calledOverBy(previousEnd?.endReason ?? null);
  return by === null ? '' : `, which ${oneLine(by, 100)} had called over`;
}

/** What stands above a report: which incident, what became of it, what a person says of the answer, and its page. */
export function headLine(
  detail: IncidentDetail,
  { now, url, history = null }: Pick<IncidentLooks, 'now' | 'url' | 'history'>,
): string[] {
  const { incident } = detail;
  return [
    `${incident.id} · ${status(detail, now)}`,
    ...saidLines(detail, history),
    ...acknowledged(incident, now).map((line) => line.replace(/^Taken +/, '')),
    ...(url === null ? [] : [incidentPage(url, incident.id)]),
  ];
}

/** The daemon's page of an incident. */
export function incidentPage(url: string, id: string): string {
  return `${url}/i/${encodeURIComponent(id)}`;
}

function status({ incident, acts }: IncidentDetail, now: number): string {
  const changed = incident.resolvedAt ?? incident.reportedAt ?? incident.startedAt ?? incident.openedAt;
  const why = reasonWithComment(incident, acts);
  const reason = why === null ? '' : `, ${oneLine(why, 700)}`;
  const reopened = incident.reopened === 0 ? '' : `, reopened ${incident.reopened}×`;
  return `${incident.status} for ${age(changed, now)}${reason}${reopened}`;
}

function acknowledged({ acknowledged }: Incident, now: number): string[] {
  if (!acknowledged) return [];
  const comment = acknowledged.comment === '' ? '' : `: ${oneLine(acknowledged.comment, 200)}`;
  return [`Taken    acknowledged by ${oneLine(acknowledged.by, 100)} ${age(acknowledged.at, now)} ago${comment}`];
}

function firstSeen(incident: Incident, faults: readonly FaultEpisode[]): number {
  return Math.min(incident.openedAt, ...faults.map(({ since, firstSeen }) => since ?? firstSeen));
}

/** Where the same is seen. */
function fleetLines(view: FleetView | undefined): string[] {
  if (view === undefined) return [];
  const others = view.members.map(({ cluster, incidentId }) => `${oneLine(cluster, 63)} ${incidentId}`);
  return [`Same     ${oneLine(signatureWords(view.signature), 160)}`, `In       ${others.join(', ')}`];
}

/** What a storm stands for: what is common, then every member. */
function stormLines({ storm }: Incident, view: StormView | undefined): string[] {
  if (storm === undefined || view === undefined) return [];
  const { common, shared, members } = view;
  const others = shared.filter(({ sign }) => sign !== common?.sign).map((it) => oneLine(sharedWords(it), 160));
  const own = (id: string | null): string => (id === null ? '' : `, now ${id}`);
  return [
    `Storm    ${plural(storm.members, 'incident')} (${storm.rule})${storm.endedAt === null ? ', goes on' : ', over'}`,
    `Common   ${common === null ? 'nothing that is known' : oneLine(sharedWords(common), 160)}`,
    ...(others.length === 0 ? [] : [`         ${others.join(', ')}`]),
    '',
    `${plural(members.length, 'member')}, none dropped`,
    ...members.map((member) => `  - ${oneLine(memberText(member), 200)}${own(member.incidentId)}`),
  ];
}

/** What the answer rests on, as messages tell it. */
function evidenceLines(runs: readonly Run[]): string[] {
  const { evidence = [], missing = [] } = runs.findLast(({ result }) => result?.summary)?.result?.summary ?? {};
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : ['', title, ...items.map((item) => `  - ${oneLine(item, 600)}`)];
  return [...list('Evidence', evidence), ...list('Not seen', missing)];
}

function nextSteps(runs: readonly Run[], cluster: string): string[] {
  const steps = runs.findLast(({ result }) => result?.summary)?.result?.summary?.nextSteps ?? [];
  if (steps.length === 0) return [];
  const lines = steps.flatMap((step) => [
    `  - ${oneLine(step.text, 300)} (${stakeWords(step)})`,
    ...(step.command === null ? [] : [`    ${oneLine(step.command, 2000)}`]),
    ...(step.undo ? [`    undo: ${oneLine(step.undo, 2000)}`] : []),
  ]);
  const commands = steps.map(({ command }) => command);
  const note = accessNote(commands, oneLine(cluster, 63));
  return ['', 'Next steps (nightcrier changes nothing)', ...lines, ...(note === null ? [] : [`  ${note}`])];
}

function faultLines(faults: readonly FaultEpisode[], now: number): string[] {
  const shown = faults.slice(0, 20).map((fault) => {
    const count = fault.count > 1 ? ` ×${fault.count}` : '';
    const cleared = fault.clearedAt === null ? '' : `, cleared ${age(fault.clearedAt, now)} ago`;
    const context = fault.context === '' ? '' : `: ${oneLine(fault.context, 160)}`;
    return `  - ${oneLine(fault.faultType, 40)}${count} ${objectName(fault.resource)}, last ${age(fault.lastSeen, now)} ago${cleared}${context}`;
  });
  const more = faults.length > 20 ? [`  … and ${faults.length - 20} more`] : [];
  return ['', plural(faults.length, 'fault'), ...shown, ...more];
}

function runLines(runs: readonly Run[], now: number, logsOf: LogsOf): string[] {
  const lines = runs.flatMap((run) => {
    const took =
      run.startedAt === null || run.endedAt === null ? '' : ` in ${spokenDuration(run.endedAt - run.startedAt)}`;
    const outcome = run.result === null ? '' : `, ${run.result.outcome} by ${run.result.agent}`;
    const defects = run.result?.defects.length ? `, defects: ${run.result.defects.join(', ')}` : '';
    const used = usageText(run.result?.usage ?? null);
    const error = run.result?.error ? `: ${oneLine(run.result.error, 160)}` : '';
    const by = run.requestedBy ? ` by ${oneLine(run.requestedBy, 100)}` : '';
    const logs = logsOf(run);
    return [
      `  - ${run.status}${took}${outcome}${used}${defects}${error} (${run.trigger}${by}, ${age(run.createdAt, now)} ago)`,
      ...(logs === null ? [] : [`    logs in ${logs}`]),
    ];
  });
  return lines.length === 0 ? [] : ['', plural(runs.length, 'run'), ...lines];
}

/** What the agent used, as far as it was counted. */
function usageText(usage: RunUsage | null): string {
  if (usage === null) return '';
  const { turns, tokens, usd, requests } = usage;
  const parts = [
    turns === null ? null : plural(turns, 'turn'),
    tokens === null ? null : `${tokens.input + tokens.output} tokens (${tokens.cached} cached)`,
    usd === null ? null : spokenUsd(usd),
    requests === null ? null : `${plural(requests.kubernetes, 'read')} of the cluster`,
    requests === null || requests.refused === 0 ? null : `${requests.refused} refused`,
  ];
  return parts.map((part) => (part === null ? '' : `, ${part}`)).join('');
}
