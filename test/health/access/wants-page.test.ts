import { expect, test } from 'vitest';
import { wantsPage } from '../../../src/health/access/wants-page.ts';

const browser = { accept: 'text/html,*/*;q=0.8' };

test.each(['/', '/i/inc_1', '/apiary', '/healthy?x=/api', '/clusters/api'])('a browser gets a page at %s', (url) => {
  expect(wantsPage({ url, headers: browser })).toBe(true);
  expect(wantsPage({ url, headers: { accept: 'application/json' } })).toBe(false);
  expect(wantsPage({ url, headers: {} })).toBe(false);
});

test.each([
  '/api/incidents',
  '/api?x',
  '/health/live',
  '/metrics',
  '/-/reload',
  '/mcp',
  '/livez',
  '/webhook/alertmanager',
])('whoever asks gets JSON at %s', (url) => {
  expect(wantsPage({ url, headers: browser })).toBe(false);
});
