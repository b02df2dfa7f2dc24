import type { Block, SlackMessage } from './message.ts';
import { plain } from './mrkdwn.ts';

/** The same words in one section of plain text, for when the form is refused. */
export function plainForm(message: SlackMessage): SlackMessage {
  const words = message.blocks.flatMap(wordsOf).join(' · ');
  const { text } = plain(words === '' ? message.text : words, 2900);
  return { ...message, blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: true } }] };
}

function wordsOf(block: Block): readonly string[] {
  switch (block.type) {
    case 'header':
      return [block.text.text];
    case 'section':
      return [...(block.text ? [block.text.text] : []), ...(block.fields ?? []).map((field) => field.text)];
    case 'context':
      return block.elements.map((element) => element.text);
    case 'actions':
    default:
      return [];
  }
}
