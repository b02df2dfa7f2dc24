/*
 * What Teams shows of an Adaptive Card, and what it refuses (https://adaptivecards.io/explorer/, version 1.4). Written from
 * the documentation and apart from the renderer, so that one checks the other. Of the elements that exist those are
 * allowed in which foreign text is inert.
 */
type Json = Record<string, unknown>;

const colors = ['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention', undefined];
/** Nothing but words of the program and a time in the reader's zone. */
const ownText =
  /^[A-Z][A-Za-z0-9 ().,]{0,60} \{\{DATE\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,SHORT\)\}\} \{\{TIME\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\}\}$/;

/** What is wrong with the body of a message, null for one that is shown as it is meant. */
export function cardError(body: string): string | null {
  const message = JSON.parse(body) as Json;
  const [attachment, ...more] = (message['attachments'] ?? []) as Json[];
  if (message['type'] !== 'message' || attachment === undefined || more.length > 0) return 'not one card in a message';
  if (attachment['contentType'] !== 'application/vnd.microsoft.card.adaptive') return 'not an Adaptive Card';
  const card = attachment['content'] as Json;
  if (card['type'] !== 'AdaptiveCard' || !['1.4', '1.5'].includes(String(card['version']))) return 'not a card of 1.4';
  if (/\\ud[89a-f]/i.test(body)) return 'half a character';
  const elements = (card['body'] ?? []) as Json[];
  if (elements.length === 0) return 'an empty card';
  return first(elements, elementError) ?? first((card['actions'] ?? []) as Json[], actionError);
}

/** What a person reads, and the buttons. */
export function cardText(body: string): { text: string; actions: { title: string; url: string }[] } {
  const message = JSON.parse(body) as { attachments: { content: { body: Json[]; actions?: Json[] } }[] };
  const { body: elements, actions = [] } = message.attachments[0]?.content ?? { body: [] };
  const lines = elements.map((element) =>
    element['type'] === 'RichTextBlock'
      ? (element['inlines'] as Json[]).map((run) => run['text']).join('')
      : String(element['text']),
  );
  return { text: lines.join('\n'), actions: actions as { title: string; url: string }[] };
}

function elementError(element: Json): string | null {
  if (element['type'] === 'TextBlock') {
    return ownText.test(String(element['text'])) ? null : `a TextBlock that reads Markdown: ${String(element['text'])}`;
  }
  if (element['type'] !== 'RichTextBlock') return `an element ${String(element['type'])}`;
  const inlines = element['inlines'] as Json[];
  return inlines.length === 0 ? 'an empty paragraph' : first(inlines, runError);
}

function runError(run: Json): string | null {
  if (run['type'] !== 'TextRun' || typeof run['text'] !== 'string') return 'not a run of text';
  if (run['text'].includes('{{')) return 'a function in foreign text';
  // What a terminal or a reader takes for something else than it is.
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(run['text']))
    return 'a control character';
  return colors.includes(run['color'] as string) ? null : `a colour ${String(run['color'])}`;
}

function actionError(action: Json): string | null {
  if (action['type'] !== 'Action.OpenUrl') return `an action ${String(action['type'])}`;
  return /^https?:\/\//.test(String(action['url'])) ? null : 'an action without an address';
}

function first<T>(all: readonly T[], check: (one: T) => string | null): string | null {
  return all.map(check).find((error) => error !== null) ?? null;
}
