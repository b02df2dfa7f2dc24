import { undoOrStake } from '../../domain/decide/kubectl-access.ts';
import type { NextStep } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { headline } from '../content/headline.ts';
import { pageUrl, reportLink, wholePlace } from '../links.ts';
import { type News, newsOf, stands } from '../content/news.ts';
import { datedImpact, messageFacts, type MessageFacts, stateSymbol } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';
import { Card, type Look, maxMessageBytes, ours, type TeamsMessage, type TextRun } from './card.ts';

/** How much a card shows, the most first: the largest that fits is sent. */
const sizes = [
  { items: 5, members: 20, text: 600 },
  { items: 3, members: 10, text: 300 },
  { items: 1, members: 3, text: 150 },
  { items: 0, members: 0, text: 100 },
] as const;
type Size = (typeof sizes)[number];

const maxTitle = 300;

/** The body of a message for what is new in a delivery; null when nothing is. At most `maxMessageBytes` large. */
export function teamsBody(claim: DeliveryClaim, publicUrl: string | null): string | null {
  const card = claim.delivery.kind === 'incident' ? incidentCard(claim, publicUrl) : noticeCard(claim, publicUrl);
  if (card === null) return null;
  const fitting = sizes.map((size) => JSON.stringify(card(size)));
  return fitting.find((body) => Buffer.byteLength(body) <= maxMessageBytes) ?? fitting.at(-1) ?? null;
}

type Draw = (size: Size) => TeamsMessage;

function incidentCard(claim: DeliveryClaim, publicUrl: string | null): Draw | null {
  const news = newsOf(claim);
  if (news === null) return null;
  const facts = messageFacts(claim);
  return (size) => {
    const card = new Card();
    const title = card.run(titleOf(facts, news), maxTitle, { weight: 'Bolder', size: 'Medium', ...colorOf(facts) });
    card.line([title]);
    parts[news](facts, card, size, title.text);
    closing(claim, facts, card, publicUrl);
    return card.message(title);
  };
}

function titleOf(facts: MessageFacts, news: News): string {
  const symbol = stateSymbol(facts.state, facts.incident.severity);
  if (news !== 'acknowledged') return `${symbol} ${headline(facts)}`;
  return `👀 ${facts.acknowledged?.by ?? 'somebody'} has it in hand: ${headline(facts)}`;
}

function colorOf(facts: MessageFacts): Look {
  if (!stands(facts)) return { color: 'Good' };
  const colors = { critical: 'Attention', warning: 'Warning', info: 'Accent' } as const;
  return { color: colors[facts.incident.severity] };
}

const parts: Record<News, (facts: MessageFacts, card: Card, size: Size, title: string) => void> = {
  opened: (facts, card, size) => {
    reopened(facts, card, size);
    group(facts, card, size);
    identity(facts, card, size);
  },
  answer: (facts, card, size, title) => {
    reopened(facts, card, size);
    group(facts, card, size);
    answer(facts, card, size, title);
    identity(facts, card, size);
  },
  acknowledged: ({ acknowledged }, card, { text }) => {
    if (acknowledged === null) return;
    if (acknowledged.comment !== '') card.line([card.run(acknowledged.comment, text)]);
    card.time('Since', acknowledged.at);
  },
  fleet: ({ fleet }, card, size) => {
    const joined = fleet?.joined ?? [];
    card.list('Also in', lines(joined, card, size), size.members);
    fleetLines(fleet, card, size);
  },
  storm: (facts, card, size) => group(facts, card, size),
  ended: (facts, card, { text }) => {
    if (facts.cause !== null) card.line([ours('Cause was: ', bold), card.run(facts.cause, text)]);
    if (facts.reason !== null) card.line([card.run(facts.reason, text, subtle)]);
  },
};

const bold = { weight: 'Bolder' } as const;
const subtle = { isSubtle: true } as const;

/** Why it is open again, where a person had called it over. */
function reopened({ reopened: again }: MessageFacts, card: Card, { text }: Size): void {
  if (again === null || again.calledOverBy === null) return;
  card.line([ours('Opened again: ', bold), card.run(again.words, text)]);
}

/** What a storm took in, and where else the same is wrong. */
function group({ storm, fleet }: MessageFacts, card: Card, size: Size): void {
  if (fleet?.leads === true) fleetLines(fleet, card, size);
  else if (fleet) card.line([ours('The same in '), card.run(`${fleet.size}: ${fleet.what}`, size.text)]);
  if (storm === null) return;
  const common = storm.common ?? 'nothing that is known';
  card.line([ours('In common: ', bold), card.run(common, size.text)]);
  if (storm.shared.length > 0) card.line([ours('Also: '), card.run(storm.shared.join(', '), size.text)], 'Small');
  card.line([
    card.run([storm.families, storm.namespaces, storm.promise].filter(Boolean).join(' · '), size.text, subtle),
  ]);
  card.list('Members', lines(storm.members, card, size), size.members);
  if (storm.after !== null) card.line([card.run(storm.after, size.text)]);
  card.list('On their own', lines(storm.left, card, size), size.members);
}

function fleetLines(fleet: MessageFacts['fleet'], card: Card, size: Size): void {
  if (fleet === null) return;
  card.list(fleet.size, lines(fleet.clusters, card, size), size.members);
  card.line([ours('one message for all of them, each has its own incident and report', subtle)]);
  if (fleet.ended !== null) card.line([ours(fleet.ended, subtle)], 'Small');
}

function answer(facts: MessageFacts, card: Card, size: Size, title: string): void {
  const { summary, answeredBy } = facts;
  const cause = card.run(causeText(facts), size.text);
  // Once: the title has it where it is short.
  if (!title.includes(cause.text)) card.line([ours(`${causeLabel[facts.state] ?? 'Cause'}: `, bold), cause]);
  const by = answeredBy === null ? null : `by ${answeredBy.name}${answeredBy.model ? '' : ', no model'}`;
  const said = [facts.confidence, facts.backing, by, answeredBy?.remark ?? null].filter((part) => part !== null);
  if (said.length > 0) card.line([card.run(said.join(' · '), size.text, subtle)], 'Small');
  const impact = datedImpact(facts);
  if (impact !== null) card.line([ours('Impact: ', bold), card.run(impact, size.text)]);
  card.list('Evidence', lines(summary?.evidence ?? [], card, size), size.items);
  const steps = (summary?.nextSteps ?? []).map((step) => stepRuns(step, card, size));
  card.list('Next steps (nightcrier changes nothing)', steps, size.items);
  if (facts.cause === null) card.list('What could not be seen', lines(summary?.missing ?? [], card, size), size.items);
}

const causeLabel: Partial<Record<MessageFacts['state'], string>> = {
  inconclusive: 'No cause found',
  no_fault: 'Not a fault',
  failed: 'Could not be investigated',
};

function causeText({ state, cause, reason }: MessageFacts): string {
  if (state === 'failed') return reason ?? 'the run failed';
  return cause ?? (state === 'no_fault' ? 'what was seen is expected' : 'what was read shows no cause');
}

function stepRuns(step: NextStep, card: Card, size: Size): readonly TextRun[] {
  const { text, command } = step;
  const how = command === null ? [] : [ours(' '), card.run(command, size.text, { fontType: 'Monospace' })];
  return [card.run(text, size.text), ...how, ours(' — '), card.run(undoOrStake(step), size.text, subtle)];
}

function identity(facts: MessageFacts, card: Card, { text }: Size): void {
  const { incident } = facts;
  const guessed = incident.owner.certain ? '' : ' (owner by name only)';
  const rows = [
    ['Cluster', facts.cluster],
    ['Resource', `${facts.resourceKind} ${facts.resourceName}${guessed}`],
    ['Fault', facts.faults],
  ] as const;
  for (const [label, value] of rows) card.line([ours(`${label}: `, bold), card.run(value, text)], 'Small');
  card.time('Since', facts.since);
}

/** The incident's id, where the rest is, and what the reader has to know about the message itself. */
function closing({ delivery }: DeliveryClaim, facts: MessageFacts, card: Card, publicUrl: string | null): void {
  const { incident } = facts;
  const report = reportLink(publicUrl, incident);
  const page = pageUrl(publicUrl, incident);
  card.button('View report', report);
  card.button('Open incident', page);
  const cost = [facts.runDuration === null ? null : `run ${facts.runDuration}`, facts.cost];
  const end = [incident.id, ...cost].filter((part) => part !== null).join(' · ');
  card.line([card.run(end, maxTitle, subtle)]);
  if (report === null && page === null) {
    const where = card.run(wholePlace(incident), maxTitle, { ...subtle, fontType: 'Monospace' });
    card.line([ours('The whole: ', subtle), where], 'Small');
  }
  remarks(delivery.uncertain, card);
}

function remarks(uncertain: boolean, card: Card): void {
  if (card.cut) card.line([ours('Some of this was cut.', subtle)], 'Small');
  if (uncertain) card.line([ours('(may be a repeat)', subtle)], 'Small');
}

function noticeCard({ delivery }: DeliveryClaim, publicUrl: string | null): Draw | null {
  const { kind, notice } = delivery;
  if (notice === null || kind === 'incident' || kind === 'refresh') return null;
  const said = noticeText(kind, notice);
  return (size) => {
    const card = new Card();
    const title = card.run(said.title, maxTitle, { weight: 'Bolder', size: 'Medium' });
    card.line([title]);
    card.line([card.run(said.effect, 600)]);
    if (notice.clusters.length > 1) card.list('Clusters', lines(notice.clusters, card, size), size.members);
    if (notice.detail !== '') card.line([card.run(notice.detail, size.text, subtle)]);
    if (notice.since !== null) card.time('Since', notice.since);
    if (notice.until !== null) card.time(`Until${said.duration === null ? '' : ` (${said.duration})`}`, notice.until);
    card.button('Open nightcrier', publicUrl);
    remarks(delivery.uncertain, card);
    return card.message(title);
  };
}

function lines(texts: readonly string[], card: Card, { text, members }: Size): readonly (readonly TextRun[])[] {
  // What is not shown is not worked on.
  return texts.map((one, index) => (index > members + 5 ? [] : [card.run(one, text)]));
}
