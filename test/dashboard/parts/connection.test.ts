import { expect, test } from 'vitest';
import { connectionSection } from '../../../src/dashboard/parts/connection.ts';
import type { ConnectionChange } from '../../../src/domain/cluster-status.ts';
import { html } from '../../../src/html/html.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { rendered } from '../../support/rendered.ts';

const now = Date.UTC(2026, 10, 20, 9, 0, 0);
const day = 86_400_000;
const failed = { code: 'NC-CLUSTER-002', message: 'connect <ECONNREFUSED>' };

function change(ago: number, state: ConnectionChange['state'], atStart = false): ConnectionChange {
  const error = state === 'failed' ? failed : null;
  return { at: now - ago, state, source: state === 'active' ? 'push' : 'none', error, atStart };
}

function words(changes: readonly ConnectionChange[]): string {
  const text = rendered(html`${connectionSection(sampleStatus({ reconnects: 0 }), changes, now)}`);
  return text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('OPS-3: how often a cluster was not heard in the last seven days stands above its changes, of earlier processes too', () => {
  const back = [change(day, 'active'), change(day + 14 * 60_000, 'failed'), change(2 * day, 'active', true)];
  const text = words([...back, change(8 * day, 'failed'), change(9 * day, 'active', true)]);
  expect(text).toContain('Lost 2 times');
  expect(text).toMatch(/since 2026-11-13 09:00:00 UTC \./);
  expect(text).toMatch(/failed .*connect &lt;ECONNREFUSED> NC-CLUSTER-002 .*active, by push .*nightcrier started/);
  expect(words(back)).toContain('Lost 1 time, 14 min in all since 2026-11-18 09:00:00 UTC .');
  expect(words([change(60_000, 'failed'), change(day, 'active', true)])).toMatch(
    /1 min in all since .*, and it is lost now\./,
  );
  expect(words([change(day, 'active', true)])).toContain('Never lost since');
});

test('OPS-3: of a cluster that was never heard there is no history, and of a long one the newest changes', () => {
  expect(words([])).not.toMatch(/lost|When/i);
  const many = Array.from({ length: 200 }, (_, at) => change(at * 1000, at % 2 === 0 ? 'active' : 'failed'));
  expect(words(many).match(/, by push/g)).toHaveLength(25);
});
