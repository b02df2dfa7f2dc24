import { expect, test } from 'vitest';
import { stormMembers, stormSummary } from '../../../src/triage/output/storm-section.ts';
import { sampleMember, sampleView } from '../../support/storm-sample.ts';

test('INT-4: the report of a storm lists every member, and what they have in common', () => {
  const view = sampleView(500);
  expect(stormSummary(view)).toContain('A storm of 500 incidents, investigated once');
  expect(stormSummary(view)).toContain('Common to most: `499 of 500 on node n1`');
  expect(stormSummary(view)).toContain('> - `all 500 of type CrashLoop`');
  const lines = stormMembers(view)
    .split('\n')
    .filter((line) => line.startsWith('- '));
  expect(lines).toHaveLength(500);
  expect(lines[499]).toBe('- `CrashLoop · shop/app499 (Deployment)` since 2026-11-20 09:08:19 UTC');
  expect(stormSummary({ ...view, common: null, shared: [] })).toContain('nothing that is known');
});

test('INT-4: a name cannot be Markdown or HTML there', () => {
  const name = 'x`](http://evil) <script>\n# Title';
  const member = sampleMember(1, { owner: { kind: 'Deployment', namespace: null, name, certain: true } });
  const [line = ''] = stormMembers({ members: [member], common: null, shared: [] })
    .split('\n')
    .filter((text) => text.startsWith('- '));
  expect(line).toBe('- ``CrashLoop · x`](http://evil) <script> # Title (Deployment)`` since 2026-11-20 09:00:01 UTC');
});
