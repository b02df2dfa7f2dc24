import type { MessageMetadata } from '@slack/types';
import { isLive } from '../../domain/incident.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { listed, plural } from '../../lib/text.ts';
import type { KeptArtifacts } from '../../report/model/incident-report.ts';
import { answerIsNews } from '../answer-is-news.ts';
import { fleetFacts, fleetGrew } from '../fleet-facts.ts';
import { messageFacts, type MessageFacts, stateSymbol } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';
import { addList, type Block, context, maxTextCharacters, Page, section, type SlackMessage } from './message.ts';
import { pageUrl } from '../links.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { stormNews } from '../storm-facts.ts';
import { link, plain, preformatted, prose, slackDate } from './mrkdwn.ts';
import { endedAt, repeatMark, shownItems, stepLine } from './render.ts';
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
const shownLogs = 3;
const shownFiles = 5;
const maxFileUrl = 400;

/** What is stored of an answer, as far as it could be read. */
export type KeptAnswer = Pick<KeptArtifacts, 'verdict' | 'findings'>;

/**
 * The details of an answer, for the thread: the lines of logs around what is quoted, what changed, what was ruled out, and
 * the rest that the message above it does not say. What does not fit is counted. Null when there is no more to say.
 */
export function renderThread(
  claim: DeliveryClaim,
  kept: KeptAnswer | null,
  options: MessageLinks & { repeat: boolean },
): SlackMessage | null {
  const facts = messageFacts(claim);
  const { summary, incident } = facts;
  if (summary === null) return null;
  const page = new Page();
  const blocks: Block[] = [...logs(kept, page)];
  const cuts: string[] = [];
  for (const [title, lines] of [...findingLists(kept?.findings ?? null, page), ...restLists(facts, kept, page)]) {
    const shown = addList(blocks, title, lines);
    if (shown < lines.length) cuts.push(`${shown} of ${lines.length} under ${title}`);
  }
  if (blocks.length === 0) return null;
  const cut = cuts.length > 0 ? `_Cut: ${cuts.join(', ')} shown._` : page.cut ? '_Some of this was cut._' : null;
  const whole = `${cut === null ? 'All of it' : 'The whole'}: ${wholeText(options, incident)}`;
  const closing = context([cut === null ? whole : `${cut} ${whole}`, fileLinks(claim, kept, options)]);
  const repeat = options.repeat ? context([repeatMark]) : null;
  return {
    text: `Details of ${incident.id}`,
    blocks: [...blocks, closing, repeat].filter((block) => block !== null),
    metadata: newsMetadata(claim, 'details'),
    unfurl_links: false,
    unfurl_media: false,
  };
}

type Lists = [title: string, lines: readonly string[]][];

/** Each quoted line of a log in its place. */
function logs(kept: KeptAnswer | null, page: Page): Block[] {
  const quoted = (kept?.findings?.evidence ?? []).flatMap(({ words, excerpt }) =>
    excerpt === null ? [] : [{ words, ...excerpt }],
  );
  return quoted.slice(0, shownLogs).map(({ words, lines, times, at }) => {
    const often = times > 1 ? `, ${times} times` : '';
    const title = `*${page.keep(prose(words, 300))}*${often}${at === null ? '' : `, ${slackDate(at)}`}`;
    const text = lines.map((line) => `${line.marked ? '▶' : ' '} ${line.text}`);
    return section(`${title}\n${page.keep(preformatted(text, 1500))}`);
  });
}

function findingLists(findings: Findings | null, page: Page): Lists {
  if (findings === null) return [];
  const item = (text: string): string => `• ${page.keep(prose(text, maxItem))}`;
  return [
    [
      'What changed before',
      findings.changes.map(
        ({ at, object, words }) => `• ${slackDate(at)} ${page.keep(prose(`${object} ${words}`, maxItem))}`,
      ),
    ],
    ['Ruled out', findings.ruled_out.map(item)],
    ['Not ruled out', findings.possible.map(item)],
  ];
}

/** What the message above leaves out of the answer itself. */
function restLists({ summary, state }: MessageFacts, kept: KeptAnswer | null, page: Page): Lists {
  const item = (text: string): string => `• ${page.keep(prose(text, maxItem))}`;
  const evidence = kept?.findings?.evidence.filter(({ excerpt }) => excerpt === null).map(({ words }) => words);
  const [, ...others] = (kept?.verdict?.causes ?? []).toSorted((a, b) => a.rank - b.rank);
  const steps =
    kept?.verdict?.remediation.map(({ action, ...step }) => ({ ...step, text: action })) ?? summary?.nextSteps;
  const missing = kept?.findings?.missing ?? summary?.missing ?? [];
  return [
    ['Other causes, less likely', others.map(({ statement }) => item(statement))],
    ['More evidence', (evidence ?? summary?.evidence ?? []).slice(shownItems).map(item)],
    [
      'More steps',
      (steps ?? []).slice(shownItems).map((step, at) => `${at + shownItems + 1}. ${stepLine(step, page)}`),
    ],
    ['Not seen', missing.slice(state === 'inconclusive' ? shownItems : 0).map(item)],
  ];
}

/** The files that the first cause was found in, where they can be opened. */
function fileLinks({ incident }: DeliveryClaim, kept: KeptAnswer | null, options: MessageLinks): string | null {
  const files = new Set((kept?.findings?.evidence ?? []).map(({ file }) => file));
  const page = incident === null ? null : pageUrl(options.publicUrl, incident);
  if (page === null || files.size === 0) return null;
  const links = [...files].flatMap((file) => {
    const url = `${page}/files/${encodedPath(file)}`;
    return url.length > maxFileUrl ? [] : [link(url, plain(file.replace(/^evidence\//, ''), 80).text)];
  });
  if (links.length === 0) return null;
  return `Evidence: ${links.slice(0, shownFiles).join(', ')}`;
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
    const why = facts.reopened?.calledOverBy == null ? 'the fault is back' : facts.reopened.words;
    const anew = 'it is investigated anew';
    return {
      text: `${symbol} Reopened ×${incident.reopened} on ${incident.cluster}: ${why}, ${anew}`,
      mrkdwn: `${symbol} *Reopened ×${incident.reopened}* · ${prose(why, maxLine).text}, ${anew}`,
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
