import type { DeliveryClaim } from '../../domain/state-store.ts';
import { messageFacts } from '../message-facts.ts';
import { type Block, context, maxMessageCharacters, messageSize, section } from './message.ts';
import type { SlackMessage } from './message.ts';
import { type MessageLinks, wholeText } from './message-links.ts';
import { prose } from './mrkdwn.ts';
import { Page, repeatMark, stepLine } from './render.ts';
import { newsMetadata } from './thread-news.ts';

const maxItem = 1000;
/** Room for the closing lines of the message. */
const reserve = 2000;

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

/** Adds what fits, in sections of at most 3,000 characters; gives the number of lines that were added. */
function addList(blocks: Block[], title: string, lines: readonly string[]): number {
  let text = `*${title}*`;
  let shown = 0;
  const size = messageSize(blocks);
  let added = JSON.stringify(text).length;
  for (const line of lines) {
    added += JSON.stringify(line).length + 100;
    if (size + added > maxMessageCharacters - reserve || blocks.length >= 40) break;
    if (text.length + line.length + 1 > 3000) {
      blocks.push(section(text));
      text = line;
    } else {
      text += `\n${line}`;
    }
    shown++;
  }
  if (shown > 0) blocks.push(section(text));
  return shown;
}
