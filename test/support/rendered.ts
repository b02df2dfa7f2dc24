import { html, htmlDocument, type View } from '../../src/html/html.ts';

/** A part of a page as HTML. */
export function rendered(part: View): string {
  const page = htmlDocument({
    head: null,
    body: html`<body>
      ${part}
    </body>`,
  });
  return /<body>([^]*)<\/body>/.exec(page)?.[1] ?? '';
}
