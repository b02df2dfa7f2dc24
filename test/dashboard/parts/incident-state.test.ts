import { expect, test } from 'vitest';
import { causeLine, stateWords } from '../../../src/dashboard/parts/incident-state.ts';
import { incidentStatuses } from '../../../src/domain/records.ts';
import { answeredIncident, sampleIncident, sampleTime } from '../../support/incident-samples.ts';
import { rendered } from '../../support/rendered.ts';

const now = sampleTime + 300_000;
const text = (html: string): string => html.replace(/<[^>]+>/g, '');

test('UX-18: the line of an incident is its cause, else what it waits for, else that none was found', () => {
  expect(rendered(causeLine(answeredIncident({ cause: 'a < b\n\nc' }), now))).toBe('a &lt; b c');
  expect(text(rendered(causeLine(answeredIncident({ cause: null }), now)))).toBe('No cause found.');
  const investigating = sampleIncident({ status: 'investigating', startedAt: sampleTime });
  expect(text(rendered(causeLine(investigating, now)))).toBe('investigating for 5 min');
});

test('every state has words, and a reason that nobody foresaw is shown as text', () => {
  for (const status of incidentStatuses) {
    expect(text(rendered(stateWords(sampleIncident({ status }), now)))).toMatch(/^[a-z].{5,}/);
  }
  const ended = sampleIncident({ status: 'resolved', statusReason: '<b>', resolvedAt: sampleTime });
  expect(rendered(stateWords(ended, now))).toContain('5 min ago</time>. &lt;b>.');
  const cleared = sampleIncident({ status: 'resolved', statusReason: 'cleared', resolvedAt: sampleTime });
  expect(text(rendered(stateWords(cleared, now)))).toBe(
    'resolved 5 min ago. The fault is gone: nothing of it was found any more.',
  );
});
