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

/** Whether Slack would open this form (https://docs.slack.dev/reference/views/modal-views). */
export function isModal(view: Json): boolean {
  const { type, title, submit, close, blocks, private_metadata: kept, callback_id: id } = view;
  if (type !== 'modal' || !isText(title, 24, ['plain_text'])) return false;
  if (![submit, close].every((words) => words === undefined || isText(words, 24, ['plain_text']))) return false;
  if (kept !== undefined && !isShort(kept, 3000)) return false;
  return isId(id, true) && isList(blocks, 100, (block) => isInput(block as Json) || isBlock(block as Json));
}

function isInput({ type, block_id: id, label, hint, element }: Json): boolean {
  if (type !== 'input' || !isId(id, true) || !isText(label, 2000, ['plain_text'])) return false;
  if (hint !== undefined && !isText(hint, 2000, ['plain_text'])) return false;
  const { type: kind, action_id: action, max_length: max } = element as Json;
  return kind === 'plain_text_input' && isId(action, true) && Number(max) >= 1 && Number(max) <= 3000;
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
      return isId(block['block_id'], true) && isList(block['elements'], 25, (element) => isElement(element as Json));
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

function isElement(element: Json): boolean {
  if (!isId(element['action_id'], false)) return false;
  return element['type'] === 'button' ? isButton(element) : isSelect(element);
}

function isButton(button: Json): boolean {
  const { url, value, style, accessibility_label: label } = button;
  if (button['type'] !== 'button' || !isText(button['text'], 75, ['plain_text'])) return false;
  if (value !== undefined && !isShort(value, 2000)) return false;
  if (style !== undefined && style !== 'primary' && style !== 'danger') return false;
  if (label !== undefined && !isShort(label, 75)) return false;
  return url === undefined || (isShort(url, 3000) && URL.canParse(url));
}

function isSelect(select: Json): boolean {
  const { confirm, options } = select;
  if (select['type'] !== 'static_select' || !isText(select['placeholder'], 150, ['plain_text'])) return false;
  const isOption = (option: unknown): boolean =>
    isText((option as Json)['text'], 75, ['plain_text']) && isShort((option as Json)['value'], 150);
  return isList(options, 100, isOption) && (confirm === undefined || isConfirm(confirm as Json));
}

function isConfirm({ title, text, confirm, deny }: Json): boolean {
  return (
    isText(title, 100, ['plain_text']) &&
    isText(text, 300, ['plain_text', 'mrkdwn']) &&
    isText(confirm, 30, ['plain_text']) &&
    isText(deny, 30, ['plain_text'])
  );
}

function isId(value: unknown, optional: boolean): boolean {
  return value === undefined ? optional : isShort(value, 255);
}

function isShort(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max;
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
