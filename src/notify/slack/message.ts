/*
 * The part of Block Kit that is used, and a builder that keeps every limit of Slack:
 * 50 blocks, header 150, section 3,000, 10 fields of 2,000, 10 context elements, button text 75, URL 3,000
 * (https://docs.slack.dev/reference/block-kit/blocks). All blocks together: Slack refuses somewhat above 13,000
 * characters with msg_blocks_too_long, which is not documented; 12,000 of JSON is kept.
 */
interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: true;
}

/** `verbatim`: Slack makes no links or mentions out of bare words. */
interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

interface LinkButton {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly url: string;
}

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | {
      readonly type: 'section';
      readonly expand?: true;
      readonly text?: Mrkdwn | PlainText;
      readonly fields?: readonly Mrkdwn[];
    }
  | { readonly type: 'context'; readonly elements: readonly Mrkdwn[] }
  | { readonly type: 'actions'; readonly elements: readonly LinkButton[] };

/** Found again after a crash by these ids. Ids only: every member of the workspace can read metadata. */
export interface MessageMetadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, string | number>>;
}

export interface SlackMessage {
  /** For phones and screen readers; always set. */
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly metadata: MessageMetadata;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

export const maxMessageCharacters = 12_000;
export const maxTextCharacters = 120;
const maxSection = 3000;
const maxField = 2000;
const maxUrl = 3000;

const mrkdwn = (text: string): Mrkdwn => ({ type: 'mrkdwn', text, verbatim: true });

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

/** Link buttons; they need nobody that listens to clicks. Null without a usable address. */
export function linkButtons(buttons: readonly { id: string; label: string; url: string | null }[]): Block | null {
  const elements = buttons.flatMap(({ id, label, url }): LinkButton[] =>
    url === null || url.length > maxUrl
      ? []
      : [{ type: 'button', action_id: id, text: { type: 'plain_text', text: label, emoji: true }, url }],
  );
  return elements.length === 0 ? null : { type: 'actions', elements };
}

/** The characters that count towards the limit of a message. */
export function messageSize(blocks: readonly Block[]): number {
  return JSON.stringify(blocks).length;
}
