import { oneLine, printable } from '../../lib/text.ts';

/*
 * Foreign text in Slack's mrkdwn. `& < >` are the only characters that Slack asks to escape; with them gone no mention,
 * link or date can be written. What is left are marks of emphasis: inert here, so that a log line cannot look like ours.
 */

/** A text that was made to fit: `cut` says that something is missing. */
export interface Fitted {
  readonly text: string;
  readonly cut: boolean;
}

/** Foreign text as one line of prose, at most `max` characters after escaping. Single `code spans` stay. */
export function prose(text: string, max: number): Fitted {
  const start = startOf(text, max);
  return fit({ ...start, text: inert(start.text) }, max, escape);
}

/** Foreign text as a code span, at most `max` characters with its marks. */
export function code(text: string, max: number): Fitted {
  const start = startOf(text, max);
  const line = start.text.replaceAll('`', 'ʼ');
  const fitted = fit({ ...start, text: line === '' ? ' ' : line }, max - 2, escape);
  return { text: `\`${fitted.text}\``, cut: fitted.cut };
}

/** Foreign lines as they stand, in a fixed pitch; at most `max` characters with their marks. */
export function preformatted(lines: readonly string[], max: number): Fitted {
  const room = max - 8;
  const shown: string[] = [];
  let size = 0;
  let cut = false;
  for (const line of lines) {
    const start = startOf(line, 300);
    // The beginning of a line tells where it stands: spaces there are kept.
    const indent = /^ {0,20}/.exec(line)?.[0] ?? '';
    const fitted = fit({ ...start, text: `${indent}${start.text.replaceAll('`', 'ʼ')}` }, 300, escape);
    size += fitted.text.length + 1;
    cut ||= fitted.cut;
    if (size > room) break;
    shown.push(fitted.text);
  }
  return { text: `\`\`\`\n${shown.join('\n')}\n\`\`\``, cut: cut || shown.length < lines.length };
}

/** Foreign text for a plain_text object: no marks are read there, so nothing is escaped. */
export function plain(text: string, max: number): Fitted {
  return fit(startOf(text, max), max, (value) => value);
}

/** The part of a text that can matter, as one line of whole characters (a lone surrogate cannot be sent): a field of 100 kB must not cost 100 kB of work. */
function startOf(text: string, max: number): Fitted {
  const bound = max * 4;
  return { text: oneLine(text.slice(0, bound).toWellFormed(), bound + 1), cut: text.length > bound };
}

/** `& < >` as Slack's control sequences want them (https://docs.slack.dev/messaging/formatting-message-text). */
export function escape(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A time in the reader's zone, with UTC where dates are not known. `seconds` since the epoch are whole. */
export function slackDate(ms: number): string {
  const iso = new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${iso}>`;
}

/** A link of ours; `url` must come from the configuration or an artifact store. */
export function link(url: string, label: string): string {
  const target = url.replaceAll('&', '&amp;').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('|', '%7C');
  return `<${target}|${escape(label)}>`;
}

function inert(text: string): string {
  const unspanned = /``/.test(text) || (text.split('`').length - 1) % 2 === 1 ? text.replaceAll('`', 'ʼ') : text;
  return unspanned
    .split('`')
    .map((part, index) => (index % 2 === 1 ? part : withoutEmphasis(part)))
    .join('`');
}

function withoutEmphasis(text: string): string {
  return text
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replace(/(^|[^\p{L}\p{N}_])_(?=\S)/gu, '$1＿')
    .replace(/(?<=\S)_(?=$|[^\p{L}\p{N}_])/gu, '＿');
}

/** Cuts before escaping, so that no entity and no character is cut in half; ends an open code span. */
function fit(start: Fitted, max: number, encode: (text: string) => string): Fitted {
  const whole = encode(start.text);
  if (!start.cut && whole.length <= max) return { text: whole, cut: false };
  let out = '';
  let spans = 0;
  for (const character of start.text) {
    const encoded = encode(character);
    if (out.length + encoded.length > max - 2) break;
    if (character === '`') spans++;
    out += encoded;
  }
  return { text: `${out}…${spans % 2 === 1 ? '`' : ''}`, cut: true };
}
