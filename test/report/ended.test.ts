import { expect, test } from 'vitest';
import { endedHtml, endedMarkdown } from '../../src/report/ended.ts';

const minute = 60_000;
const openedAt = Date.UTC(2026, 10, 29, 12);
const incident = { openedAt, resolvedAt: openedAt + 7 * minute, statusReason: 'cleared' };
const ended = { incident };

test('UX-13: a report that was written before says when its incident ended, and after how long', () => {
  expect(endedMarkdown(ended)).toMatch(
    /^> \*\*Ended 2026-11-29 12:07:00 UTC, 7 min after it was opened\. The fault is gone.+\*\*$/,
  );
  expect(endedHtml(ended)).toMatch(/^<p class="ended"><b>Ended .+ UTC, 7 min after it was opened\. .+<\/b><\/p>$/);
});

test('INT-6: an end that a person called says what they said, an end without words reads as before', () => {
  const over = { ...incident, statusReason: 'by ana' };
  const act = { id: 'a', incidentId: 'inc_1', kind: 'resolve', by: 'ana', at: over.resolvedAt, done: true } as const;
  const said = (comment: string) => ({ incident: over, acts: [{ ...act, comment, runId: null }] });
  expect(endedMarkdown(said('the quota is raised'))).toMatch(/opened\. Resolved by ana: the quota is raised\.\*\*$/);
  expect(endedMarkdown(said(''))).toBe(endedMarkdown({ incident: over }));
  expect(endedHtml(said('</b><img src=x>\n'))).not.toContain('<img');
  expect(endedMarkdown(said(`a\n> **b** ${'x'.repeat(500)}`))).toMatch(
    /^> \*\*Ended [^\n]+ana: a &gt; \\\*\\\*b\\\*\\\* x{500}\.\*\*$/,
  );
});

test('what a person gave as the reason stays text, on one line', () => {
  const reason = { incident: { ...incident, statusReason: '</b><script>alert(1)</script>\n> **mine**' } };
  expect(endedHtml(reason)).not.toContain('<script');
  expect(endedMarkdown(reason)).not.toContain('\n');
});
