import { answerCost } from '../../../report/answer-lines.ts';
import type { HeardQuestion, HeardReply, QuestionAnswer } from '../../../domain/question.ts';
import { addList, type Block, context, maxTextCharacters, Page, section, type SlackMessage } from '../message.ts';
import { code, prose, slackDate } from '../mrkdwn.ts';
import { repeatMark } from '../render.ts';

type Reply = Omit<SlackMessage, 'metadata'>;

const maxLine = 1000;
const shownSources = 5;

/** What stands around an answer. Times are ms since the epoch. */
export interface ReplyCircumstances {
  readonly question: Pick<HeardQuestion, 'askedAt' | 'text'>;
  readonly now: number;
  /** It may have been said before. */
  readonly repeat: boolean;
}

/** An answer that is so much older than its question says when it was asked, ms: agents take four minutes. */
const promptMs = 5 * 60_000;
const longestAsked = 150;

/** What is said to a question, for the thread where it was asked. */
export function replyMessage(said: HeardReply, { question, now, repeat }: ReplyCircumstances): Reply {
  const { askedAt, text } = question;
  const { text: push, blocks, ...message } = said.kind === 'answer' ? answerMessage(said.answer) : sorryMessage(said);
  const isLate = said.kind === 'late' || now - askedAt > promptMs;
  const asked = isLate ? `to “${prose(text, longestAsked).text}”, asked ${slackDate(askedAt)}` : null;
  const line = context([repeat ? repeatMark : null, asked]);
  return { ...message, text: push, blocks: line === null ? blocks : [line, ...blocks] };
}

/** An answer. Lines that quote a cluster are shown as code. */
function answerMessage({ text, sources, by, took, note }: QuestionAnswer): Reply {
  const page = new Page();
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => shown(line, page));
  const blocks: Block[] = [];
  const fitting = addList(blocks, null, lines);
  const cut = page.cut || fitting < lines.length;
  const from = sources.length === 0 ? null : `from ${page.names(sources, shownSources, 100)}`;
  const who = `by ${prose(by, 60).text}${took === undefined ? '' : ` ${prose(answerCost(took), 200).text}`}`;
  const why = note === undefined ? null : prose(note, maxLine).text;
  blocks.push(...[context([from, who, why, cut ? '_cut_' : null])].filter((block) => block !== null));
  return reply(prose(text, maxTextCharacters).text || 'An answer', blocks);
}

function sorryMessage({ kind, why }: Exclude<HeardReply, { kind: 'answer' }>): Reply {
  const words = sorryWords[kind](prose(why === '' ? 'The log of nightcrier says why.' : why, maxLine).text);
  return reply(prose(words, maxTextCharacters).text, [section(words)]);
}

const sorryWords: Record<Exclude<HeardReply['kind'], 'answer'>, (why: string) => string> = {
  elsewhere: () =>
    'Ask in the thread of an incident, or name its id (`inc_…`): what is kept of it is what answers come from.',
  failed: (why) => `This could not be answered now. ${why}`,
  late: () => 'This was not answered: nightcrier could not do it within an hour. Ask again if you still want to know.',
};

function reply(text: string, blocks: readonly Block[]): Reply {
  return { text, blocks, unfurl_links: false, unfurl_media: false };
}

function shown(line: string, page: Page): string {
  const quoted = /^> ?(.*)$/.exec(line)?.[1];
  return quoted === undefined ? page.keep(prose(line, maxLine)) : `&gt; ${page.keep(code(quoted, maxLine))}`;
}
