import { expect, test } from 'vitest';
import { eventLine } from '../../../src/cli/format/event-line.ts';
import { changeEvent } from '../../../src/domain/wire/event.ts';
import { connectionJson } from '../../../src/domain/wire/cluster.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { sampleListedFault } from '../../support/listed-fault-sample.ts';

const now = Date.UTC(2026, 10, 20, 9, 5, 7);
const utc = { now, timeZone: 'UTC' };

test('OPS-4: an incident is its status, title, cause and id', () => {
  const { event, data } = changeEvent({ type: 'incident', cluster: 'prod-eu', incident: answeredIncident() }, now);
  expect(eventLine(event, data, utc)).toMatch(
    /^09:05:07\+00:00 {2}incident {4}prod-eu {11}reported · CrashLoop of Deployment payments\/api · cause: container .* · inc_01K9Z3W8Q4$/,
  );
});

test('OPS-4: a fault is its type, object and outcome', () => {
  const fault = sampleListedFault(1, 'opened');
  const line = eventLine('fault', changeEvent({ type: 'fault', cluster: 'prod-eu', fault }, now).data, utc);
  const { faultType, resource } = fault.reception.signal ?? { faultType: '', resource: { kind: '', name: '' } };
  expect(line).toContain(`${faultType} · ${resource.kind} `);
  expect(line.endsWith(' · opened')).toBe(true);
});

test('OPS-4: a run says who asked for it and to which incident it belongs', () => {
  const { event, data } = changeEvent({ type: 'run', cluster: 'prod-eu', run: sampleRun({ trigger: 'manual' }) }, now);
  expect(eventLine(event, data, utc)).toContain('succeeded · answered · asked for by manual · inc_01K9Z3W8Q4');
});

test('OPS-4: a connection says how it is watched and what is wrong', () => {
  const error = { code: 'NC-CLUSTER-001', message: 'the connection was refused', fix: 'start the server' };
  const data = connectionJson(sampleStatus({ state: 'failed', source: 'none', error }), now);
  expect(eventLine('connection', data, utc)).toBe(
    '09:05:07+00:00  connection  prod-eu           failed · by none · error: the connection was refused',
  );
});

test('OPS-4: a delivery says to whom', () => {
  const data = { id: 'd1', cluster: 'a', target: 'slack', status: 'dead', incident_id: 'inc_1', error: 'no channel' };
  expect(eventLine('delivery', data, utc)).toBe(
    '09:05:07+00:00  delivery    a                 dead · to slack · error: no channel · inc_1',
  );
});

test('OPS-4: what a newer daemon says is shown as far as it is understood', () => {
  expect(eventLine('silence', { cluster: 'a', id: 's1', status: 7, error: { code: 1 } }, utc)).toBe(
    '09:05:07+00:00  silence     a                 s1',
  );
  expect(eventLine('message', 'plain text', utc)).toBe('09:05:07+00:00  message     "plain text"');
  expect(eventLine('message', undefined, utc)).toBe('09:05:07+00:00  message     ');
});

test('UX-20: an event is one line, whatever is in it, and cannot steer the terminal', () => {
  const hostile = 'a\nb\r\u001b[2Jc\u0085';
  const line = eventLine('incident', { cluster: hostile, title: hostile, cause: hostile.repeat(100), id: 'i' }, utc);
  expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(line.length).toBeLessThan(600);
  expect(eventLine('message', [hostile], utc)).not.toMatch(/[\u0000-\u001f]/);
});
