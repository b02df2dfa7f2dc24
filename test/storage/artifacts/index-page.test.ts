import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { indexPage } from '../../../src/storage/artifacts/index-page.ts';

const entry = (name: string, bytes = 10) => ({ name, href: `./${encodeURIComponent(name)}`, bytes });
const namesOf = (html: string) => [...html.matchAll(/<a href="[^"]*">([^<]*)<\/a>/g)].map((match) => match[1]);

test('STO-2: the report comes first, then what a person opens next, then the rest by name', () => {
  const names = ['verdict.json', 'logs/b', 'incident.json', 'evidence/a', 'investigation.md', 'investigation.html'];
  const html = indexPage(
    'prod',
    'inc_1',
    names.map((name) => entry(name)),
  );
  expect(namesOf(html)).toEqual([
    'investigation.html',
    'investigation.md',
    'verdict.json',
    'incident.json',
    'evidence/a',
    'logs/b',
  ]);
});

test('STO-2: nothing from a cluster becomes markup, and nothing invisible is shown', () => {
  const hostile = '<script>alert(1)</script>\u202e\u0007"&';
  const html = indexPage(hostile, hostile, [{ name: hostile, href: './x" onclick="y', bytes: 1 }]);
  expect(html).not.toMatch(/<script|" onclick="|[\u0007\u202e]/);
  expect(html).toContain('&lt;script&gt;');
});

test('STO-2: the policy allows its own style and nothing else', () => {
  const html = indexPage('prod', 'inc_1', []);
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy =
    /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'") ?? '';
  expect(policy).toContain(`style-src 'sha256-${hash}'`);
  expect(policy).toMatch(/^default-src 'none'/);
  expect(html).not.toMatch(/<script|<img|<link|https?:/);
});

test.each([
  [0, '0 B'],
  [10_239, '10239 B'],
  [10_240, '10 KiB'],
  [1_048_576, '1024 KiB'],
])('STO-2: %d bytes are shown as %s', (bytes, text) => {
  expect(indexPage('prod', 'inc_1', [entry('a', bytes)])).toContain(`<small>${text}</small>`);
});

test('STO-2: what an agent wrote and was refused says so', () => {
  const html = indexPage('prod', 'inc_1', [entry('verdict.json', 1), entry('verdict.agent.json', 1)]);
  expect(html).toMatch(/verdict\.agent\.json<\/a>[^\n]*refused: not the answer/);
  expect(html).not.toMatch(/verdict\.json<\/a>[^\n]*refused/);
});
