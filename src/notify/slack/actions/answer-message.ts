import { answerCost } from '../../../report/answer-lines.ts';
import type { QuestionAnswer } from '../../../domain/question.ts';
import { addList, type Block, context, maxTextCharacters, Page, section, type SlackMessage } from '../message.ts';
import { code, prose } from '../mrkdwn.ts';

type Reply = Omit<SlackMessage, 'metadata'>;

const maxLine = 1000;
const shownSources = 5;

/** The answer to a question, for the thread where it was asked. Lines that quote a cluster are shown as code. */
export function answerMessage({ text, sources, by, took, note }: QuestionAnswer): Reply {
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

/** Why there is no answer: asked outside a thread of an incident, or it could not be had (`why`, may be empty). */
export function sorryMessage(reason: 'elsewhere' | 'failed', why = ''): Reply {
  const words =
    reason === 'elsewhere'
      ? 'Ask in the thread of an incident, or name its id (`inc_…`): what is kept of it is what answers come from.'
      : `This could not be answered now. ${prose(why === '' ? 'The log of nightcrier says why.' : why, maxLine).text}`;
  return reply(prose(words, maxTextCharacters).text, [section(words)]);
}

function reply(text: string, blocks: readonly Block[]): Reply {
  return { text, blocks, unfurl_links: false, unfurl_media: false };
}

function shown(line: string, page: Page): string {
  const quoted = /^> ?(.*)$/.exec(line)?.[1];
  return quoted === undefined ? page.keep(prose(line, maxLine)) : `&gt; ${page.keep(code(quoted, maxLine))}`;
}
