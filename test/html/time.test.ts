import { expect, test } from 'vitest';
import { html, htmlDocument } from '../../src/html/html.ts';
import { ageTag, momentTag, timeTag } from '../../src/html/time.ts';

const at = Date.UTC(2026, 10, 20, 9, 0, 0);

test('a time says how long ago it was, and when in UTC with its mark', () => {
  const page = htmlDocument({
    head: null,
    body: html`<body>
      ${timeTag(at, at + 754_000)}|${timeTag(at, at)}|${timeTag(at, at - 30_000)}|${ageTag(at, at + 60_000)}|${momentTag(at)}
    </body>`,
  });
  expect(page).toContain(
    '<time datetime="2026-11-20T09:00:00.000Z" title="2026-11-20 09:00:00 UTC" data-time="age">13 min ago</time>',
  );
  expect(page).toContain('>now</time>');
  expect(page).toContain('>in 30 s</time>');
  expect(page).toContain('title="since 2026-11-20 09:00:00 UTC" data-time="since">1 min</time>');
  expect(page).toContain('data-time="moment">2026-11-20 09:00:00 UTC</time>');
});
