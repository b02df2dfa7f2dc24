/*
 * The limits that Slack holds a message to (https://docs.slack.dev/reference/block-kit/blocks, chat.postMessage errors).
 * Written from the documentation and apart from the renderer, so that one checks the other.
 */
type Json = Record<string, unknown>;

const mrkdwnLimit = { section: 3000, field: 2000, context: 3000 };

/** The error that Slack would answer with, null for a message that it takes. */
export function slackRefusal(payload: { text?: unknown; blocks?: unknown }): string | null {
  const { text, blocks } = payload;
  if (typeof text === 'string' && text.length > 40_000) return 'msg_too_long';
  if (blocks === undefined) return typeof text === 'string' && text !== '' ? null : 'no_text';
  if (!Array.isArray(blocks)) return 'invalid_blocks_format';
  if (blocks.length === 0 && !text) return 'no_text';
  if (blocks.length > 50) return 'invalid_blocks';
  if (JSON.stringify(blocks).length > 13_200) return 'msg_blocks_too_long';
  return blocks.every((block) => isBlock(block as Json)) ? null : 'invalid_blocks';
}

function isBlock(block: Json): boolean {
  switch (block['type']) {
    case 'header':
      return isText(block['text'], 150, ['plain_text']);
    case 'section':
      return isSection(block);
    case 'context':
      return isList(block['elements'], 10, (element) => isText(element, mrkdwnLimit.context, ['plain_text', 'mrkdwn']));
    case 'actions':
      return isList(block['elements'], 25, isButton);
    case 'divider':
      return true;
    default:
      return false;
  }
}

function isSection(block: Json): boolean {
  const { text, fields } = block;
  if (text === undefined && fields === undefined) return false;
  if (text !== undefined && !isText(text, mrkdwnLimit.section, ['plain_text', 'mrkdwn'])) return false;
  return (
    fields === undefined || isList(fields, 10, (field) => isText(field, mrkdwnLimit.field, ['plain_text', 'mrkdwn']))
  );
}

function isButton(element: unknown): boolean {
  const button = element as Json;
  const { url } = button;
  if (button['type'] !== 'button' || !isText(button['text'], 75, ['plain_text'])) return false;
  if (typeof button['action_id'] !== 'string' || button['action_id'].length > 255) return false;
  return url === undefined || (typeof url === 'string' && url.length <= 3000 && URL.canParse(url));
}

function isText(value: unknown, max: number, types: readonly string[]): boolean {
  const object = value as Json | undefined;
  const text = object?.['text'];
  if (typeof text !== 'string' || text.length === 0 || text.length > max) return false;
  return types.includes(String(object?.['type']));
}

function isList(value: unknown, max: number, check: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= max && value.every(check);
}
