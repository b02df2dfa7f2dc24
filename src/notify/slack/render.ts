import { stakeWords, undoCommand } from '../../domain/decide/kubectl-access.ts';
import type { NextStep } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { backWords } from '../content/headline.ts';
import type { FleetFacts } from '../fleet-facts.ts';
import { messageFacts, type MessageFacts, type MessageState, stateSymbol } from '../message-facts.ts';
import { spokenDuration } from '../../lib/format.ts';
import { incidentButtons } from './buttons.ts';
import { type Block, context, fields, header, maxTextCharacters, Page, section } from './message.ts';
import type { SlackMessage } from './message.ts';
import { pageUrl, reportLink } from '../links.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { code, escape, link, plain, prose, slackDate } from './mrkdwn.ts';
import { noNotes, type PeopleNotes, peopleLines } from './people-lines.ts';
import { fleetBlocks, fleetHeadline, fleetLine } from './render-fleet.ts';
import { stormBlocks, stormHeadline } from './render-storm.ts';

export interface RenderOptions extends MessageLinks {
  /** The message may have been sent before: said so. */
  readonly repeat: boolean;
  /** False when there is no thread that has the rest. */
  readonly thread: boolean;
  /** Clicks come to this daemon. */
  readonly interactive?: boolean;
  /** What people did with the incident. */
  readonly people?: PeopleNotes;
  /** Another one for each message and update. */
  readonly version?: string;
}

/** Of each list of an answer. */
export const shownItems = 3;
const maxCause = 300;
const maxItem = 300;
const maxName = 200;
/** Of why it ended: a name, and what that person said. */
const maxReason = 400;

/** The one message of an incident, for the state that it is in now. */
export function renderIncident(claim: DeliveryClaim, options: RenderOptions): SlackMessage {
  const facts = messageFacts(claim);
  const { incident } = facts;
  const page = new Page();
  const blocks: (Block | null)[] = [
    header(titleOf(facts, page)),
    ...fleetParts(facts, page),
    ...(facts.storm === null ? [] : stormBlocks(facts.storm, page)),
    ...body(facts, page, options),
    peopleLines({ ...facts, runs: claim.runs, acts: claim.acts ?? [] }, options.people ?? noNotes, page),
    ...incidentButtons(facts, { ...options, silenced: (options.people ?? noNotes).silence !== null }),
    footer(facts, options),
  ];
  if (page.cut) blocks.push(context([`_Some of this was cut._ The whole: ${wholeText(options, incident)}`]));
  if (options.repeat) blocks.push(context([repeatMark]));
  return {
    text: pushText(facts, options.repeat),
    blocks: blocks.filter((block) => block !== null),
    metadata: {
      event_type: 'nightcrier_incident',
      event_payload: {
        delivery_id: claim.delivery.id,
        incident_id: incident.id,
        state: incident.status,
        seq: incident.seq,
      },
    },
    unfurl_links: false,
    unfurl_media: false,
  };
}

export const repeatMark = '_(may be a repeat)_';

const stateWords: Partial<Record<MessageState, string>> = {
  resolved: 'Resolved · ',
  skipped: 'Skipped · ',
  no_fault: 'No fault · ',
};

function titleOf(facts: MessageFacts, page: Page): string {
  if (facts.fleet?.leads === true) return fleetHeadline(facts, facts.fleet, page);
  return facts.storm === null ? headline(facts, page) : stormHeadline(facts, facts.storm, page);
}

function fleetParts({ fleet }: MessageFacts, page: Page): (Block | null)[] {
  if (fleet === null) return [];
  return fleet.leads ? fleetBlocks(fleet, page) : [fleetLine(fleet, page)];
}

/** At most 150 characters. A long name gives way, not the cluster: the header must do without the rest. */
function headline(facts: MessageFacts, page: Page): string {
  const symbol = stateSymbol(facts.state, facts.incident.severity);
  const type = page.keep(plain(facts.faultType, 24));
  const kind = page.keep(plain(facts.resourceKind, 18));
  const cluster = page.keep(plain(facts.incident.cluster, 63));
  const start = `${symbol} ${stateWords[facts.state] ?? ''}${type} · `;
  const end = ` (${kind}) · ${cluster}`;
  return `${start}${page.keep(plain(facts.resourceName, 150 - start.length - end.length))}${end}`;
}

/** What a phone shows: severity, cluster, fault, and the cause when it is known. */
function pushText(facts: MessageFacts, repeat: boolean): string {
  const { incident } = facts;
  const common = facts.storm?.common ? `, ${facts.storm.common}` : '';
  const what =
    facts.storm === null
      ? `${facts.faultType} ${facts.resourceKind} ${facts.resourceName}`
      : `fault storm, ${facts.storm.size}${common}`;
  const symbol = stateSymbol(facts.state, incident.severity);
  const start = `${symbol} ${facts.severityWord} ${incident.cluster}: `;
  const again = facts.reopened?.calledOverBy == null ? '' : `${backWords(facts)}; `;
  const said: Record<MessageState, string> = {
    opened: `${start}${what} — ${again}triage queued`,
    investigating: `${start}${what} — ${again}investigating`,
    answered: `${start}${facts.resourceName}: ${facts.cause ?? ''}`,
    inconclusive: `${start}${what} — no cause found`,
    no_fault: `${start}${what} — no fault found`,
    resolved: `${symbol} RESOLVED ${incident.cluster}: ${what}${facts.openFor === null ? '' : ` after ${facts.openFor}`}`,
    over: `${start}${what} — the storm is over, ${facts.storm?.left.length ?? 0} stand on their own`,
    failed: `${start}${what} — could not be investigated`,
    skipped: `${symbol} SKIPPED ${incident.cluster}: ${what}`,
  };
  const leads = facts.fleet?.leads === true ? facts.fleet : null;
  const words = leads === null ? said[facts.state] : fleetText(leads, facts);
  return prose(`${repeat ? '(may be a repeat) ' : ''}${words}`, maxTextCharacters).text;
}

function fleetText({ over, size, what, ended }: FleetFacts, { incident, severityWord }: MessageFacts): string {
  if (over) return `✅ RESOLVED ${size}: ${what}`;
  return `${stateSymbol('opened', incident.severity)} ${severityWord} ${size}: ${what}${ended === null ? '' : ` — ${ended}`}`;
}

function body(facts: MessageFacts, page: Page, options: RenderOptions): (Block | null)[] {
  return bodies[facts.state](facts, page, options);
}

const bodies: Record<MessageState, typeof body> = {
  opened: (facts, page) => [
    context([severity(facts), queued(facts), `first seen ${slackDate(facts.since)}`]),
    identity(facts, page),
  ],
  investigating: (facts, page) => [context([severity(facts), investigating(facts)]), identity(facts, page)],
  answered: (facts, page, options) => [
    section(`*Cause:* ${page.keep(prose(facts.cause ?? '', maxCause))}${impact(facts, page)}`),
    context([severity(facts), confidence(facts), facts.backing, by(facts)]),
    evidence(facts, page, '*Evidence*', options),
    nextSteps(facts, page, options),
    identity(facts, page),
  ],
  inconclusive: (facts, page, options) => [
    section(`*No cause found.*${blocked(facts, page)}${impact(facts, page)}`),
    context([severity(facts), by(facts)]),
    evidence(facts, page, '*Strongest leads*', options),
    nextSteps(facts, page, options),
    identity(facts, page),
  ],
  no_fault: (facts, page, options) => [
    section(`*Answer:* ${page.keep(prose(facts.cause ?? 'What was seen is expected.', maxCause))}`),
    context([by(facts)]),
    evidence(facts, page, '*Evidence*', options),
    identity(facts, page),
  ],
  resolved: (facts, page) => [
    facts.cause === null ? null : section(`*Cause was:* ${page.keep(prose(facts.cause, maxCause))}`),
    context([openFor(facts), reason(facts, page)]),
  ],
  over: (facts, page) => [
    facts.cause === null ? null : section(`*Cause:* ${page.keep(prose(facts.cause, maxCause))}`),
    context([severity(facts)]),
  ],
  failed: (facts, page, options) => [
    section(`*Could not be investigated.* ${page.keep(prose(facts.reason ?? 'The run failed.', maxCause))}`),
    context([severity(facts), `see ${wholeText(options, facts.incident)}`]),
    identity(facts, page),
  ],
  skipped: (facts, page) => [context([severity(facts), reason(facts, page)]), identity(facts, page)],
};

/** One line: whether it still serves, and when that was read, for a message is read later. */
function impact({ impact: known }: MessageFacts, page: Page): string {
  if (known === null) return '';
  const read = known.at === null ? '' : ` _(read ${slackDate(known.at)})_`;
  return `\n*Impact:* ${page.keep(prose(known.words, maxItem))}${read}`;
}

const severity = (facts: MessageFacts): string => `*${facts.severityWord}*`;

function queued(facts: MessageFacts): string {
  const { incident } = facts;
  const ahead = facts.queuedAhead > 0 ? ` (${facts.queuedAhead} ahead)` : '';
  return `⏳ triage queued${ahead}${incident.reopened > 0 ? ` · reopened ×${incident.reopened}` : ''}`;
}

function investigating(facts: MessageFacts): string {
  const since = facts.incident.startedAt;
  return `🔎 investigating${since === null ? '' : ` since ${slackDate(since)}`}`;
}

function confidence(facts: MessageFacts): string | null {
  return facts.confidence === null ? null : `*${facts.confidence}*`;
}

function by(facts: MessageFacts): string | null {
  if (facts.answeredBy === null) return null;
  const { name, model, remark } = facts.answeredBy;
  const who = `by ${prose(name, 60).text}${model ? '' : ', _no model_'}`;
  return remark === null ? who : `${who} (${prose(remark, 200).text})`;
}

function evidence(facts: MessageFacts, page: Page, title: string, options: RenderOptions): Block | null {
  const all = facts.summary?.evidence ?? [];
  if (all.length === 0) return null;
  const lines = all.slice(0, shownItems).map((item) => `• ${page.keep(prose(item, maxItem))}`);
  return section([title, ...lines, ...more(all.length, options)].join('\n'));
}

function nextSteps(facts: MessageFacts, page: Page, options: RenderOptions): Block | null {
  const all = facts.summary?.nextSteps ?? [];
  if (all.length === 0) return null;
  const lines = all.slice(0, shownItems).map((step, index) => `${index + 1}. ${stepLine(step, page)}`);
  return section(['*Next steps* _(nightcrier changes nothing)_', ...lines, ...more(all.length, options)].join('\n'));
}

/** One proposed step: what to do, the command, and whether it can be taken back. */
export function stepLine(step: NextStep, page: Page): string {
  const command = step.command === null ? '' : ` ${page.keep(code(step.command, maxItem))}`;
  const undo = undoCommand(step);
  const back = undo === null ? stakeWords(step) : `undo: ${page.keep(code(undo, maxItem))}`;
  return `${page.keep(prose(step.text, maxItem))}${command} — ${back}`;
}

function more(count: number, { thread }: RenderOptions): readonly string[] {
  const where = thread ? 'in the thread' : 'in the report';
  return count > shownItems ? [`_${shownItems} of ${count} shown, the rest ${where}_`] : [];
}

function blocked(facts: MessageFacts, page: Page): string {
  const missing = facts.summary?.missing ?? [];
  if (missing.length === 0) return ' What was read shows no cause.';
  const lines = missing.slice(0, shownItems).map((item) => `\n• ${page.keep(prose(item, maxItem))}`);
  return ` What could not be seen:${lines.join('')}`;
}

function identity(facts: MessageFacts, page: Page): Block {
  const { incident } = facts;
  const name = page.keep(prose(`${facts.resourceKind} ${facts.resourceName}`, maxName));
  const guessed = incident.owner.certain ? '' : ' _(owner by name only)_';
  return fields([
    `*Cluster*\n${page.keep(prose(facts.cluster, maxName))}`,
    `*Resource*\n${name}${guessed}`,
    `*Fault*\n${page.keep(prose(facts.faults, maxName))}`,
    `*Since*\n${slackDate(facts.since)}`,
  ]);
}

function openFor(facts: MessageFacts): string | null {
  if (facts.openFor === null) return null;
  return `Open ${facts.openFor} · ${endedAt(facts)}`;
}

/** When it ended: seen to clear, or closed for another reason. Null while it stands. */
export function endedAt({ incident }: MessageFacts): string | null {
  if (incident.resolvedAt === null) return null;
  return `${incident.statusReason === 'cleared' ? 'cleared' : 'ended'} at ${slackDate(incident.resolvedAt)}`;
}

function reason(facts: MessageFacts, page: Page): string | null {
  return facts.reason === null ? null : page.keep(prose(facts.reason, maxReason));
}

function footer(facts: MessageFacts, options: RenderOptions): Block | null {
  const { incident } = facts;
  const url = pageUrl(options.publicUrl, incident);
  const path =
    incident.report !== null && reportLink(options.publicUrl, incident) === null
      ? code(incident.report, 600).text
      : null;
  const stood =
    incident.reportedAt === null ? null : `answered after ${spokenDuration(incident.reportedAt - incident.openedAt)}`;
  return context([
    facts.runDuration === null ? null : `Run ${facts.runDuration}`,
    facts.cost,
    facts.state === 'resolved' ? null : stood,
    url === null ? escape(incident.id) : link(url, incident.id),
    path === null ? null : `report ${path}`,
  ]);
}
