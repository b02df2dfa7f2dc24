import { oneLine } from '../../lib/text.ts';

/*
 * The part of Adaptive Cards 1.4 that is used (https://adaptivecards.io/explorer/). Text of clusters and people stands in
 * TextRuns alone: they read no Markdown, which TextBlocks and facts do. What is left are the functions DATE and TIME in
 * double braces, which are broken up.
 */

/** Words of one look. */
export interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly color?: 'Attention' | 'Warning' | 'Good' | 'Accent';
  readonly fontType?: 'Monospace';
  readonly size?: 'Medium';
  readonly isSubtle?: true;
}

type Element =
  | { readonly type: 'RichTextBlock'; readonly inlines: readonly TextRun[]; readonly spacing?: 'Small' }
  /** Our own words alone. */
  | { readonly type: 'TextBlock'; readonly text: string; readonly wrap: true; readonly isSubtle: true };

interface OpenUrl {
  readonly type: 'Action.OpenUrl';
  readonly title: string;
  readonly url: string;
}

export type Look = Omit<TextRun, 'type' | 'text'>;

/** What a workflow webhook takes: one message with one card. */
export interface TeamsMessage {
  readonly type: 'message';
  readonly attachments: readonly {
    readonly contentType: 'application/vnd.microsoft.card.adaptive';
    readonly contentUrl: null;
    readonly content: object;
  }[];
}

/** No message is larger, bytes: Teams takes 28 KB, and a workflow adds some of its own. */
export const maxMessageBytes = 26_000;
const maxUrl = 2000;

/** A card that grows line by line; remembers whether any text was cut. */
export class Card {
  cut = false;
  readonly #body: Element[] = [];
  readonly #actions: OpenUrl[] = [];

  /** Foreign text made fit for a run: one line of whole characters without what is read as a function. */
  run(text: string, max: number, look: Look = {}): TextRun {
    const bound = max * 4;
    const line = oneLine(text.slice(0, bound), max);
    this.cut ||= line.endsWith('…') || text.length > bound;
    return { type: 'TextRun', text: line.toWellFormed().replace(/\{(?=\{)/g, '{\u200b'), ...look };
  }

  /** One paragraph; null when there is nothing to say. */
  line(runs: readonly (TextRun | null)[], spacing?: 'Small'): void {
    const inlines = runs.filter((run) => run !== null);
    if (inlines.length > 0) this.#body.push({ type: 'RichTextBlock', inlines, ...(spacing && { spacing }) });
  }

  /** `label` and what it stands before, with times in the reader's zone. */
  time(label: string, ms: number): void {
    const at = new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
    const text = `${label} {{DATE(${at},SHORT)}} {{TIME(${at})}}`;
    this.#body.push({ type: 'TextBlock', text, wrap: true, isSubtle: true });
  }

  /** A title and its items, the first `max` of them; says how many there are. */
  list(title: string, items: readonly (readonly TextRun[])[], max: number): void {
    if (items.length === 0) return;
    this.line([ours(title, { weight: 'Bolder' })]);
    for (const item of items.slice(0, max)) this.line([ours('• '), ...item], 'Small');
    if (items.length <= max) return;
    this.cut = true;
    this.line([ours(`${max} of ${items.length} shown`, { isSubtle: true })], 'Small');
  }

  /** A button that opens a page; none without a usable address. */
  button(title: string, url: string | null): void {
    if (url === null || !/^https?:\/\//.test(url) || url.length > maxUrl) return;
    this.#actions.push({ type: 'Action.OpenUrl', title, url });
  }

  /** `fallback`: what a client says that cannot show the card. */
  message(fallback: TextRun): TeamsMessage {
    const content = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      fallbackText: fallback.text,
      body: this.#body,
      ...(this.#actions.length > 0 && { actions: this.#actions }),
      msteams: { width: 'Full' },
    };
    return {
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
    };
  }
}

/** Words of the program itself. */
export function ours(text: string, look: Look = {}): TextRun {
  return { type: 'TextRun', text, ...look };
}
