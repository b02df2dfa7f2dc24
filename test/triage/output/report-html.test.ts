import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { reportHtml } from '../../../src/triage/output/report-html.ts';

describe('STO-2: the page of a report', () => {
  test('shows the markdown: headings, tables, code, emphasis', () => {
    const html = reportHtml(
      '## Findings\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` **bold**\n',
      'CrashLoop · shop/cart',
    );
    expect(html).toContain('<h2>Findings</h2>');
    expect(html).toContain('<td>1</td>');
    expect(html).toContain('<code>code</code>');
    expect(html).toContain('<title>CrashLoop · shop/cart</title>');
  });

  test('is readable on a phone, light and dark', () => {
    const html = reportHtml('x', 't');
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(html).toContain('color-scheme: light dark');
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('<html lang="en">');
  });

  test('its policy allows its own style by hash and nothing else', () => {
    const html = reportHtml('x', 't');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  });
});

const attacks: readonly [what: string, markdown: string][] = [
  ['a script', '<script>alert(1)</script>'],
  ['a script in a heading', '# <script>alert(1)</script>'],
  ['an event handler', '<img src=x onerror=alert(1)>'],
  ['a script in a table', '| a |\n|---|\n| <script>alert(1)</script> |'],
  ['a fence that is closed early', '```\n</code></pre><script>alert(1)</script>\n```'],
  ['a language of a fence', '```"><script>alert(1)</script>\nx\n```'],
  ['a javascript link', '[x](javascript:alert(1))'],
  ['a hidden javascript link', '[x](java\u0000script:alert(1)) [y](&#106;avascript:alert(1)) [z](JaVaScRiPt:alert(1))'],
  ['a data link', '[x](data:text/html,<script>alert(1)</script>)'],
  ['a foreign link', '[Restart here](https://evil.example/login)'],
  ['a foreign link without a scheme', '[x](//evil.example/)'],
  ['an automatic link', '<https://evil.example/>'],
  ['a link upwards', '[x](evidence/../../../secrets.html)'],
  ['an image that calls home', '![x](https://evil.example/pixel.png)'],
  ['a reference to an image', '![x][1]\n\n[1]: https://evil.example/pixel.png'],
  ['a frame, a form, a base', '<iframe src="x"></iframe><form action="x"></form><base href="x">'],
  ['a comment', '<!-- --><script>alert(1)</script>'],
];

test.each(attacks)('STO-2: %s is text', (_, markdown) => {
  const body = reportHtml(markdown, 't').split('<main>')[1]?.split('</main>')[0] ?? '';
  const tags = [...body.matchAll(/<([a-zA-Z]+)([^>]*)>/g)];
  for (const [, name, attributes = ''] of tags) {
    expect(['script', 'img', 'iframe', 'form', 'base', 'object', 'style', 'link', 'meta']).not.toContain(name);
    expect(attributes).not.toMatch(/\bon\w+=|src=|href=/i);
  }
});

test('STO-2: links to files of the same report work', () => {
  const html = reportHtml('[log](evidence/logs/shop/cart.log) [verdict](verdict.json) [up](#findings)', 't');
  for (const link of ['evidence/logs/shop/cart.log', 'verdict.json', '#findings']) {
    expect(html).toContain(`<a href="${link}">`);
  }
});

test('STO-2: a title from the cluster is escaped', () => {
  const html = reportHtml('x', `"><script>alert(1)</script>'&`);
  expect(html).not.toContain('<script>');
  expect(html).toContain('<title>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;</title>');
});

test('TRI-6: a report that is too long for a page is cut with a link to the whole, in bounded time', () => {
  const table = `a|b\n-|-\n${'a|b\n'.repeat(200_000)}`;
  const started = performance.now();
  const html = reportHtml(table, 't');
  // Whole it takes some 15 times as long and stops every connection meanwhile.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(html.length).toBeLessThan(table.length * 3);
  expect(html).toContain('The whole report is in <a href="investigation.md">');
  expect(reportHtml('short', 't')).not.toContain('Cut here');
});
