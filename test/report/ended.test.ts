import { expect, test } from 'vitest';
import { endedHtml, endedMarkdown } from '../../src/report/ended.ts';

const minute = 60_000;
const openedAt = Date.UTC(2026, 10, 29, 12);
const ended = { openedAt, resolvedAt: openedAt + 7 * minute, statusReason: 'cleared' };

test('UX-13: a report that was written before says when its incident ended, and after how long', () => {
  expect(endedMarkdown(ended)).toMatch(
    /^> \*\*Ended 2026-11-29 12:07:00 UTC, 7 min after it was opened\. The fault is gone.+\*\*$/,
  );
  expect(endedHtml(ended)).toMatch(/^<p class="ended"><b>Ended .+ UTC, 7 min after it was opened\. .+<\/b><\/p>$/);
});

test('what a person gave as the reason stays text, on one line', () => {
  const reason = { ...ended, statusReason: '</b><script>alert(1)</script>\n> **mine**' };
  expect(endedHtml(reason)).not.toContain('<script');
  expect(endedMarkdown(reason)).not.toContain('\n');
});
