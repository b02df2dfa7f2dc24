import { expect, test } from 'vitest';
import { eventList } from '../../../../src/analyst/questions/parts/event-list.ts';
import type { KeptIncident } from '../../../../src/analyst/questions/view/kept.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

test('NOT-5: where not all events have room, the newest Warnings are told before what is normal, in their order', async () => {
  const kept = await keptIncident('recordings/001-missing-env');
  const { lines } = eventList(viewOf(withBackOffs(kept, 12), 'events'));
  const heads = lines.filter((line) => !line.startsWith('> ')).slice(1);
  expect(lines[0]).toMatch(/^\d+ events, the 10 newest, oldest first:$/);
  expect(heads).toHaveLength(10);
  expect(heads.filter((line) => line.includes(' Warning '))).toHaveLength(10);
  expect(heads.toSorted()).toEqual(heads);
  expect(lines.at(-1)).toBe('> round 11');
});

/** The same with so many more Warnings of the pod, one a second after the last event. */
function withBackOffs(kept: KeptIncident, count: number): KeptIncident {
  const path = 'evidence/events/shop.json';
  const text = kept.files.find((file) => file.path === path)?.text ?? '';
  const events = JSON.parse(text) as readonly { readonly type: string }[];
  const warning = events.find(({ type }) => type === 'Warning');
  const more = Array.from({ length: count }, (_none, at) => {
    const time = new Date(Date.UTC(2026, 10, 20, 22, 52, at)).toISOString();
    return {
      ...warning,
      metadata: { namespace: 'shop', name: `more-${at}`, uid: `more-${at}` },
      lastTimestamp: time,
      eventTime: null,
      message: `round ${at}`,
    };
  });
  const changed = { path, text: JSON.stringify([...events, ...more]) };
  return { ...kept, files: kept.files.map((file) => (file.path === path ? changed : file)) };
}
