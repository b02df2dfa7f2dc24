import { html as preactHtml } from 'htm/preact';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/** A part of a page; everything that is put into it is escaped. */
export type View = VNode | readonly VNode[] | string | number | null | false;

/** Makes parts of pages: html`<p class=${name}>${text}</p>`. There is no way to put in text that is not escaped. */
export const html = preactHtml as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** A part that is made when it is its turn to be written: one row after the other costs less memory than all at once. */
export function later(make: () => VNode): VNode {
  return html`<${make} />`;
}

/** A whole document. `head` and `body` are made by `html`. */
export function htmlDocument({ lang = 'en', head, body }: { lang?: string; head: View; body: View }): string {
  return `<!doctype html>\n${renderToString(
    html`<html lang=${lang}>
      <head>
        ${head}
      </head>
      ${body}
    </html>`,
  )}\n`;
}

/** A part alone, for a document that has its own frame. */
export function renderPart(part: View): string {
  return renderToString(html`${part}`);
}
