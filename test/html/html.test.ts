import { expect, test } from 'vitest';
import { html, htmlDocument, later, renderPart } from '../../src/html/html.ts';

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

test('a part that is made later is as one that is made at once, in its place, each just before it is written', () => {
  const made: string[] = [];
  const row = (name: string) => {
    made.push(name);
    return html`<li>${name}</li>`;
  };
  const names = ['<a>', 'b'];
  const now = html`<ol>
    ${names.map((name) => row(name))}
  </ol>`;
  const then = html`<ol>
    ${names.map((name) => later(() => row(name)))}
  </ol>`;
  expect(made).toEqual(names);
  expect(renderPart(then)).toBe(renderPart(now));
  expect(made).toEqual([...names, ...names]);
});
