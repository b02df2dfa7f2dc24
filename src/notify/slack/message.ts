import type {
  ActionsBlock,
  ContextBlock,
  HeaderBlock,
  MessageMetadata,
  MrkdwnElement,
  SectionBlock,
} from '@slack/types';
import { listed } from '../../lib/text.ts';
import { classifySlackError } from './calls/classify.ts';
import { code, type Fitted, plain } from './mrkdwn.ts';

/*
 * The part of Block Kit that is used, and a builder that keeps every limit of Slack:
 * 50 blocks, header 150, section 3,000, 10 fields of 2,000, 10 context elements, button text 75, URL 3,000
 * (https://docs.slack.dev/reference/block-kit/blocks). All blocks together: Slack refuses somewhat above 13,000
 * characters with msg_blocks_too_long, which is not documented; 12,000 of JSON is kept.
 */
export type Block = HeaderBlock | SectionBlock | ContextBlock | ActionsBlock;

export interface SlackMessage {
  /** For phones and screen readers; always set. */
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Found again after a crash by these ids. Ids only: every member of the workspace can read metadata. */
  readonly metadata: MessageMetadata;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

export const maxMessageCharacters = 12_000;
export const maxTextCharacters = 120;
const maxSection = 3000;
const maxField = 2000;

/** `verbatim`: Slack makes no links or mentions out of bare words. */
const mrkdwn = (text: string): MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true });

/** The header; `text` has at most 150 characters. */
export function header(text: string): Block {
  return { type: 'header', text: { type: 'plain_text', text, emoji: true } };
}

/** A section that is shown whole, without "Show more". `text` has at most 3,000 characters. */
export function section(text: string): Block {
  if (text.length > maxSection) throw new RangeError(`a section of ${text.length} characters`);
  return { type: 'section', expand: true, text: mrkdwn(text) };
}

export function fields(texts: readonly string[]): Block {
  const long = texts.find((text) => text.length > maxField);
  if (long !== undefined) throw new RangeError(`a field of ${long.length} characters`);
  return { type: 'section', fields: texts.map(mrkdwn) };
}

/** One line of small print; parts that are null are left out. Null when nothing is left. */
export function context(parts: readonly (string | null)[]): Block | null {
  const text = parts.filter((part) => part !== null).join(' · ');
  return text === '' ? null : { type: 'context', elements: [mrkdwn(text)] };
}

/** The characters that count towards the limit of a message. */
export function messageSize(blocks: readonly Block[]): number {
  return JSON.stringify(blocks).length;
}

/** Remembers whether any text was cut, so that the message can say so. */
export class Page {
  cut = false;

  keep(fitted: Fitted): string {
    this.cut ||= fitted.cut;
    return fitted.text;
  }

  /** The first `max` names as code, `maxName` characters of each, and how many more there are. */
  names(names: readonly string[], max: number, maxName: number): string {
    if (names.length > max) this.cut = true;
    return listed([...names.slice(0, max).map((name) => this.keep(code(name, maxName))), ...names.slice(max)], max);
  }
}

/** Room for the closing lines of a message. */
const reserve = 2000;

/** Adds what fits, in sections of at most 3,000 characters; gives the number of lines that were added. */
export function addList(blocks: Block[], title: string | null, lines: readonly string[]): number {
  let text = title === null ? '' : `*${title}*`;
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
      text += text === '' ? line : `\n${line}`;
    }
    shown++;
  }
  if (shown > 0) blocks.push(section(text));
  return shown;
}

/** The same words in one section of plain text, for when the form is refused. */
export function plainForm(message: SlackMessage): SlackMessage {
  const words = message.blocks.flatMap(wordsOf).join(' · ');
  const { text } = plain(words === '' ? message.text : words, 2900);
  return { ...message, blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: true } }] };
}

/** When Slack refuses the form, the same words without any: an ugly message beats none. @throws what `send` throws */
export async function simplified<T>(message: SlackMessage, send: (message: SlackMessage) => Promise<T>): Promise<T> {
  try {
    return await send(message);
  } catch (error) {
    if (classifySlackError(error).reaction !== 'simplify') throw error;
    return send(plainForm(message));
  }
}

function wordsOf(block: Block): readonly string[] {
  switch (block.type) {
    case 'header':
      return [block.text.text];
    case 'section':
      return [...(block.text ? [block.text.text] : []), ...(block.fields ?? []).map((field) => field.text)];
    case 'context':
      return block.elements.flatMap((element) => ('text' in element ? [element.text] : []));
    case 'actions':
    default:
      return [];
  }
}
