import type { DeliveryClaim } from '../../domain/state-store.ts';
import { plural } from '../../lib/text.ts';
import { messageFacts, stateSymbol } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';
import { context, maxTextCharacters, section, type SlackMessage } from './message.ts';
import { prose } from './mrkdwn.ts';
import { endedAt, repeatMark } from './render.ts';
import { newsMetadata, type ThreadNews } from './thread-news.ts';

const maxLine = 600;

/** One line for the thread: when and how it ended, that it is back, that clusters are watched again. */
export function renderThreadLine(
  claim: DeliveryClaim,
  news: Exclude<ThreadNews, 'details'>,
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

function incidentLine(claim: DeliveryClaim, news: 'resolved' | 'reopened'): Line {
  const facts = messageFacts(claim);
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

function backLine({ delivery }: DeliveryClaim): Line {
  const { notice } = delivery;
  if (notice === null) throw new Error('a notice without its text');
  const { title, duration } = noticeText('clusters_back', notice);
  const left = notice.answers?.stillDark ?? 0;
  const parts = [
    title,
    duration === null ? null : `nothing was heard ${duration}`,
    left > 0 ? `${plural(left, 'cluster')} of this message ${left === 1 ? 'is' : 'are'} dark still` : null,
  ];
  const text = parts.filter((part) => part !== null).join(' · ');
  return { text, mrkdwn: prose(text, maxLine).text };
}
