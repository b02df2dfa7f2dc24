import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { escapeHtml, htmlPage } from '../../src/lib/page.ts';

test('STO-2: text that looks like HTML is text; what moves a reader’s eye is gone', () => {
  expect(escapeHtml(`<a href="x" title='y'>&</a>`)).toBe(
    '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
  );
  expect(escapeHtml('pod\u202egnp.exe\u0007')).toBe('pod\ufffdgnp.exe\ufffd');
  expect(escapeHtml('two\nlines')).toBe('two\nlines');
});

test('STO-2: a page allows its own style by hash, and nothing else', () => {
  const page = htmlPage({ title: '<b>prod</b>', style: 'h1 { color: red; }', body: '<h1>Hello</h1>' });
  const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  expect(page).toContain(`http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}"`);
  expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'));
  expect(page).toContain('<title>&lt;b&gt;prod&lt;/b&gt;</title>');
  expect(page).toContain('<body>\n<h1>Hello</h1>\n</body>');
});
