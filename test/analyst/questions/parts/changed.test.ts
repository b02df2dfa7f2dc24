import { expect, test } from 'vitest';
import { changed } from '../../../../src/analyst/questions/parts/changed.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { changesBefore } from '../../../../src/report/evidence/changes.ts';
import { keptIncident } from '../../../support/kept-incident.ts';
import { minute } from '../../../support/signals.ts';

const linesOf = (kept: KeptIncident, question = 'what changed'): readonly string[] =>
  changed(viewOf(kept, question)).lines;

/** The incident as it is when its first fault came at the end of what was recorded, so that all of it came before. */
async function endsWithFault(recorded: string): Promise<KeptIncident> {
  const kept = await keptIncident(recorded);
  const since = kept.now - minute;
  const faults = kept.detail.faults.map((fault) => ({ ...fault, firstSeen: since, since: null }));
  return { ...kept, detail: { ...kept.detail, incident: { ...kept.detail.incident, openedAt: since }, faults } };
}

test.each(['004-job-oom', '067-target-port', '061-job-backoff', '100-taint', '001-missing-env', '013-shared-bad-tag'])(
  'NOT-5: %s: what the report tells as changed is told when a person asks for it',
  async (name) => {
    const kept = await endsWithFault(`recordings/${name}`);
    const told = changesBefore(kept.files, kept.detail.incident.openedAt);
    const text = linesOf(kept).join('\n');
    expect(told.length).toBeGreaterThan(0);
    expect(text).not.toContain('shows no change');
    // A rollout to another revision is told in detail.
    const plain = told.filter(({ kind, words }) => kind === 'created' || words === 'first rollout');
    for (const { object, words } of plain) expect(text).toContain(`${object}: ${words}, 2026-11-20`);
  },
);

test('NOT-5: no change is told only when neither the report nor the details have one', async () => {
  const kept = await endsWithFault('recordings/004-job-oom');
  const objects = kept.files.filter(({ path }) => path.startsWith('evidence/objects/'));
  const files = objects.map(({ path, text }) => ({
    path,
    text: text.replaceAll('creationTimestamp', 'never').replaceAll('managedFields', 'nobody'),
  }));
  expect(changesBefore(files, kept.now)).toEqual([]);
  expect(linesOf({ ...kept, files })[0]).toContain('The evidence shows no change of Job ledger/month-close');
});

test('NOT-5: of what came after the first fault it is said so, and each change is told once', async () => {
  const kept = await keptIncident('recordings/001-missing-env');
  const lines = linesOf(kept);
  expect(lines.join('\n')).toMatch(/Deployment shop\/checkout: first rollout, .* after the first fault\)/);
  expect(lines.filter((line) => line.includes('22:50:03'))).toHaveLength(2);
  expect(new Set(lines).size).toBe(lines.length);
});

test('NOT-5: of a named object its own changes are told', async () => {
  const lines = linesOf(await keptIncident('recordings/001-missing-env'), 'did basket change');
  expect(lines.join('\n')).toContain('Deployment shop/basket: first rollout');
  expect(lines.join('\n')).not.toContain('checkout');
});

test('NOT-5: what an event says of a change is a quote', async () => {
  const kept = await endsWithFault('recordings/013-shared-bad-tag');
  const files = kept.files.filter(({ path }) => path.startsWith('evidence/events/') || path.includes('/Job/'));
  const lines = linesOf({ ...kept, files });
  const at = lines.findIndex((line) => line.includes(': ScalingReplicaSet, 2026-11-20'));
  expect(at).toBeGreaterThanOrEqual(0);
  expect(lines[at + 1]).toMatch(/^> Scaled up replica set /);
});

test('NOT-5: of a time after the evidence was read it says that the evidence is older', async () => {
  const kept = await keptIncident('recordings/001-missing-env');
  const later = { ...kept, now: kept.now + 3 * 60 * minute };
  const text = linesOf(later, 'what changed in the last hour').join('\n');
  expect(text).toContain(
    'between 2026-11-21 00:53:01Z and 2026-11-21 01:53:01Z. It is older: its newest time is 2026-11-20',
  );
  expect(text).toContain('What changed at other times is left out here');
  const none = linesOf({ ...later, files: [] }, 'what changed in the last hour').join('\n');
  expect(none).toContain('No evidence is kept');
});
