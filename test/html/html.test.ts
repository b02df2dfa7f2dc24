import { expect, test } from 'vitest';
import { html, htmlDocument } from '../../src/html/html.ts';

test('whatever is put into a page is escaped, as content, as attribute and inside lists', () => {
  const hostile = `"><script>alert(1)</script>&'`;
  const page = htmlDocument({
    head: html`<title>${hostile}</title>`,
    body: html`<body>
      <p title=${hostile}>${hostile}</p>
      ${[hostile, hostile].map((text) => html`<i>${text}</i>`)}
    </body>`,
  });
  expect(page).not.toContain('<script>');
  expect(page).toContain('<p title="&quot;>&lt;script>alert(1)&lt;/script>&amp;\'">');
  expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
});
