import type { MessageMetadata } from '@slack/types';
import { isLive } from '../../domain/incident.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { listed, plural } from '../../lib/text.ts';
import { answerIsNews } from '../answer-is-news.ts';
import { fleetFacts, fleetGrew } from '../fleet-facts.ts';
import { messageFacts, type MessageFacts, stateSymbol } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';
import { addList, type Block, context, maxTextCharacters, Page, section, type SlackMessage } from './message.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { stormNews } from '../storm-facts.ts';
import { prose } from './mrkdwn.ts';
import { endedAt, repeatMark, stepLine } from './render.ts';
import { type StormList, stormList } from './render-storm.ts';

/** What a thread is told: an edit of the post above it notifies nobody, an answer in it those who follow. */
export type ThreadNews = 'details' | StormList | 'joined' | 'reopened' | 'resolved' | 'back';

/** What the thread of a post gets with the state that is told now, in order. */
export function threadNews(claim: DeliveryClaim): readonly ThreadNews[] {
  const { delivery, incident, previous } = claim;
  if (incident === null) return delivery.notice?.answers === undefined || claim.post === null ? [] : ['back'];
  const news: ThreadNews[] = [];
  const hasAnswer = incident.status === 'reported' || incident.status === 'resolved';
  if (hasAnswer && answerIsNews(claim))
    news.push('details', ...(claim.storm === undefined ? [] : ['members' as const]));
  if (fleetGrew(claim)) news.push('joined');
  const stands = fleetFacts(claim)?.over === false;
  const storm = stormNews(claim);
  if (storm !== null) news.push(storm);
  const isOver = incident.statusReason === 'storm_over';
  if (previous !== null && previous.state !== 'resolved' && incident.status === 'resolved' && !stands && !isOver) {
    news.push('resolved');
  }
  if (previous?.state === 'resolved' && isLive(incident.status)) news.push('reopened');
  return news;
}

/** By this a message of a thread is found again after a crash: the same news has the same type and mark. Ids only. */
export function newsMetadata({ delivery, incident, fleet, storm }: DeliveryClaim, news: ThreadNews): MessageMetadata {
  const type = `nightcrier_${news}`;
  if (incident === null) {
    return { event_type: type, event_payload: { delivery_id: delivery.id, mark: delivery.id } };
  }
  const { reportedAt } = incident;
  const marks = {
    details: reportedAt,
    members: reportedAt,
    over: incident.storm?.endedAt,
    found: Math.max(0, ...(storm?.left ?? []).map((one) => one.reportedAt ?? 0)),
    joined: fleet?.members.length ?? 0,
    resolved: incident.resolvedAt,
    reopened: incident.reopened,
    back: 0,
  };
  return {
    event_type: type,
    event_payload: { delivery_id: delivery.id, incident_id: incident.id, seq: incident.seq, mark: marks[news] ?? 0 },
  };
}

/** Whether two messages of one thread say the same. */
export function isSameNews(a: MessageMetadata, b: MessageMetadata): boolean {
  return a.event_type === b.event_type && a.event_payload['mark'] === b.event_payload['mark'];
}

const maxItem = 1000;
/** The details of an answer, for the thread: every finding, step and gap that fits, and what does not is counted. */
export function renderThread(claim: DeliveryClaim, options: MessageLinks & { repeat: boolean }): SlackMessage | null {
  const facts = messageFacts(claim);
  const { summary, incident } = facts;
  if (summary === null) return null;
  const page = new Page();
  const lists: [string, readonly string[]][] = [
    ['Findings', summary.evidence.map((item) => `• ${page.keep(prose(item, maxItem))}`)],
    ['Remediation', summary.nextSteps.map((step, index) => `${index + 1}. ${stepLine(step, page)}`)],
    ['Not seen', summary.missing.map((item) => `• ${page.keep(prose(item, maxItem))}`)],
  ];
  const blocks: Block[] = [];
  if (facts.cause !== null) blocks.push(section(`*Cause:* ${page.keep(prose(facts.cause, 2000))}`));
  const cuts: string[] = [];
  for (const [title, lines] of lists) {
    const shown = addList(blocks, title, lines);
    if (shown < lines.length) cuts.push(`${shown} of ${lines.length} under ${title}`);
  }
  if (blocks.length === 0) return null;
  const whole = wholeText(options, incident);
  const cut = cuts.length > 0 ? `_Cut: ${cuts.join(', ')} shown._ The whole: ` : '';
  const shortened = page.cut && cut === '' ? '_Some of this was cut._ The whole: ' : '';
  const closing = context([`${cut}${shortened}${cut + shortened === '' ? 'Report: ' : ''}${whole}`]);
  const repeat = options.repeat ? context([repeatMark]) : null;
  return {
    text: `Details of ${incident.id}`,
    blocks: [...blocks, closing, repeat].filter((block) => block !== null),
    metadata: newsMetadata(claim, 'details'),
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** What a storm took in, for its thread, once with its answer; and what of it stands on its own once it is over. */
export function renderStormList(
  claim: DeliveryClaim,
  news: StormList,
  options: MessageLinks & { repeat: boolean },
): SlackMessage | null {
  const facts = messageFacts(claim);
  const { storm } = facts;
  if (storm === null || storm.members.length === 0) return null;
  const { text, blocks } = stormList(news, storm, facts, options);
  const repeat = options.repeat ? [context([repeatMark])] : [];
  return {
    text,
    blocks: [...blocks, ...repeat].filter((block) => block !== null),
    metadata: newsMetadata(claim, news),
    unfurl_links: false,
    unfurl_media: false,
  };
}

const maxLine = 600;

/** One line for the thread: when and how it ended, that it is back, that clusters are watched again or an agent works. */
export function renderThreadLine(
  claim: DeliveryClaim,
  news: Exclude<ThreadNews, 'details' | StormList>,
  options: { readonly repeat: boolean },
): SlackMessage {
  const line = news === 'back' ? backLine(claim) : incidentLine(claim, news);
  const blocks = [section(line.mrkdwn), options.repeat ? context([repeatMark]) : null];
  return {
    text: prose(line.text, maxTextCharacters).text,
    blocks: blocks.filter((block) => block !== null),
    metadata: newsMetadata(claim, news),
    unfurl_links: false,
    unfurl_media: false,
  };
}

interface Line {
  readonly text: string;
  readonly mrkdwn: string;
}

function incidentLine(claim: DeliveryClaim, news: 'joined' | 'resolved' | 'reopened'): Line {
  const facts = messageFacts(claim);
  if (news === 'joined') return joinedLine(facts);
  const { incident } = facts;
  if (news === 'reopened') {
    const symbol = stateSymbol('opened', incident.severity);
    const said = `the fault is back, it is investigated anew`;
    return {
      text: `${symbol} Reopened ×${incident.reopened} on ${incident.cluster}: ${said}`,
      mrkdwn: `${symbol} *Reopened ×${incident.reopened}* · ${said}`,
    };
  }
  const after = facts.openFor === null ? '' : ` after ${facts.openFor}`;
  const parts = [endedAt(facts), facts.reason === null ? null : prose(facts.reason, maxLine).text];
  return {
    text: `✅ Resolved${after} on ${incident.cluster}`,
    mrkdwn: [`✅ *Resolved*${after}`, ...parts].filter((part) => part !== null).join(' · '),
  };
}

const maxJoined = 10;

/** The same in more clusters than the post said so far. */
function joinedLine({ fleet }: MessageFacts): Line {
  const { joined = [], size = '' } = fleet ?? {};
  const text = `🌐 Now in ${size}: ${listed(joined, maxJoined)}`;
  return { text, mrkdwn: prose(text, maxLine).text };
}

function backLine({ delivery }: DeliveryClaim): Line {
  const { notice } = delivery;
  if (notice === null) throw new Error('a notice without its text');
  const kind = delivery.kind === 'agent_recovered' ? 'agent_recovered' : 'clusters_back';
  const { title, effect, duration } = noticeText(kind, notice);
  if (kind === 'agent_recovered') return { text: title, mrkdwn: prose(`${title} · ${effect}`, maxLine).text };
  const left = notice.answers?.stillUnreachable ?? 0;
  const parts = [
    title,
    duration === null ? null : `nothing was heard ${duration}`,
    left > 0 ? `${plural(left, 'cluster')} of this message ${left === 1 ? 'is' : 'are'} unreachable still` : null,
  ];
  const text = parts.filter((part) => part !== null).join(' · ');
  return { text, mrkdwn: prose(text, maxLine).text };
}
