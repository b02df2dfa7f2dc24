import { expect, test } from 'vitest';
import { connectionSection } from '../../../src/dashboard/parts/connection.ts';
import type { ConnectionSpan } from '../../../src/domain/cluster-status.ts';
import { html } from '../../../src/html/html.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { rendered } from '../../support/rendered.ts';

const now = Date.UTC(2026, 10, 20, 9, 0, 0);
const minute = 60_000;
const day = 86_400_000;
const failed = { code: 'NC-CLUSTER-002', message: 'connect <ECONNREFUSED>' };

function span(ago: number, until: number | null, state: ConnectionSpan['state']): ConnectionSpan {
  const error = state === 'failed' ? failed : null;
  const source = state === 'active' ? 'push' : 'none';
  return { from: now - ago, until: until === null ? null : now - until, state, source, error };
}

function words(spans: readonly ConnectionSpan[]): string {
  const text = rendered(html`${connectionSection(sampleStatus({ reconnects: 0 }), spans, now)}`);
  return text
    .replaceAll(/<\/(?:td|th|p)>/g, ' ')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ');
}

test('OPS-3: how often a cluster was not heard in the last seven days stands above when that was, and why', () => {
  const back = [
    span(day, null, 'active'),
    span(day + 14 * minute, day, 'failed'),
    span(9 * day, day + 14 * minute, 'active'),
  ];
  const text = words(back);
  expect(text).toMatch(/Not heard 1 time, 14 min in all, since 2026-11-13 09:00:00 UTC\./);
  expect(text).toMatch(/now heard, by push .* not heard connect &lt;ECONNREFUSED> NC-CLUSTER-002 .* heard, by push/);
  expect(words([span(minute, null, 'failed'), span(day, minute, 'active')])).toMatch(
    /Not heard 1 time, 1 min in all, since .* UTC; it is not heard now\./,
  );
  expect(words([span(day, null, 'active')])).toMatch(/Never lost since 2026-11-19 09:00:00 UTC\./);
});

test('OPS-3: the time in which nightcrier itself was not there is told apart, a restart is not told', () => {
  const away = [span(day, null, 'active'), span(4 * day, 3 * day, 'active')];
  expect(words(away)).toContain('Besides, for 2 d nightcrier did not run or was not connecting');
  const restarted = [span(day, null, 'active'), span(4 * day, day + 20_000, 'active')];
  expect(words(restarted)).not.toContain('Besides');
});

test('OPS-3: of a cluster that was never heard there is no history, and of a long one the newest is listed', () => {
  expect(words([])).not.toMatch(/lost|heard|From/i);
  const many = Array.from({ length: 200 }, (_, at) =>
    span((at + 1) * 1000, at * 1000, at % 2 === 0 ? 'active' : 'failed'),
  );
  expect(words(many).match(/, by push/g)).toHaveLength(25);
});
