import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/lib/problem.ts';
import { startOfTime } from '../../support/signals.ts';
import { incidentsBench, sampleVerdict } from './incidents-bench.ts';

/** One incident whose report is stored. */
async function reported(files: Readonly<Record<string, string>> = {}) {
  const bench = await incidentsBench();
  const id = await bench.open('api');
  await bench.answer(files);
  return { ...bench, id };
}

describe('get_incident_report', () => {
  test('is the report as text, or its verdict as data', async () => {
    const { id, call } = await reported();
    expect(await call('get_incident_report', { id })).toEqual({
      incident_id: id,
      cluster: 'prod',
      status: 'reported',
      text: '# Triage card\n\ncart cannot start.\n',
      total_bytes: 34,
      truncated: false,
      as_of: '2026-11-20T10:00:00.000Z',
    });
    const { version: _version, ...verdict } = sampleVerdict;
    expect(await call('get_incident_report', { id, form: 'verdict' })).toEqual({
      incident_id: id,
      cluster: 'prod',
      status: 'reported',
      verdict,
      truncated: false,
      as_of: '2026-11-20T10:00:00.000Z',
    });
  });

  test('comes in parts when it is long', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index} of a long report\n`);
    const { id, call } = await reported({ 'investigation.md': lines.join('') });
    let text = '';
    let parts = 0;
    for (let cursor: unknown = undefined, more = true; more; parts += 1) {
      const part = await call('get_incident_report', { id, max_bytes: 2048, ...(cursor !== undefined && { cursor }) });
      text += String(part['text']);
      more = part['truncated'] === true;
      cursor = part['next_cursor'];
    }
    expect(text).toBe(lines.join(''));
    expect(parts).toBeGreaterThan(5);
  });

  test.each<[string, (bench: Awaited<ReturnType<typeof incidentsBench>>, id: string) => Promise<unknown>, object]>([
    [
      'before its run',
      async () => {},
      { message: expect.stringMatching(/ is open: there is no report yet$/), retryable: true, retryAfterS: 30 },
    ],
    [
      'while it waits to be stored',
      ({ answer }) => answer(null, { artifacts: 'waits' }),
      { message: expect.stringMatching(/^the report of inc_\w+ waits to be stored$/), retryable: true },
    ],
    [
      'after it failed',
      ({ answer }) => answer(null, { outcome: 'failed', report: null, cause: null, error: 'no room' }),
      { message: expect.stringMatching(/ is failed.* and has no report$/), retryable: false },
    ],
    [
      'when somebody ended it',
      ({ store }, id) => store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: '' }, startOfTime + 1),
      { message: expect.stringMatching(/ is resolved \(by ana\) and has no report$/), retryable: false },
    ],
  ])('says why there is none: %s', async (_when, happen, error) => {
    const bench = await incidentsBench();
    const id = await bench.open('api');
    await happen(bench, id);
    for (const args of [{ id }, { id, form: 'verdict' }]) {
      await expect(bench.call('get_incident_report', args)).rejects.toMatchObject({ code: 'not_found', ...error });
    }
    await expect(bench.call('get_incident_evidence', { id })).rejects.toMatchObject({ code: 'not_found', ...error });
  });

  test('a verdict that cannot be read is none', async () => {
    const { id, call } = await reported({ 'verdict.json': '{"version": 2}' });
    await expect(call('get_incident_report', { id, form: 'verdict' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await call('get_incident_report', { id })).toHaveProperty('text');
  });

  test('a store that cannot be reached is told with its code and what to do', async () => {
    const kind = { code: 'NC-STORE-010', title: 'x', fix: 'Look at the network.', about: 'x' };
    const failing = async (): Promise<never> => {
      throw new ProblemError(kind, 'artifacts cannot be read: timeout');
    };
    const bench = await incidentsBench({ over: { artifacts: { get: failing, list: failing } } });
    const id = await bench.open('api');
    const error = {
      code: 'upstream_unavailable',
      message: 'artifacts cannot be read: timeout (NC-STORE-010)',
      fix: { steps: ['Look at the network.'] },
    };
    await expect(bench.call('get_incident_report', { id })).rejects.toMatchObject(error);
    await expect(bench.call('get_incident_evidence', { id })).rejects.toMatchObject(error);
  });
});

describe('get_incident_evidence', () => {
  test('lists the files of evidence, those first that the report quotes', async () => {
    const { id, call } = await reported({ 'evidence/a/first.json': '12345' });
    const result = await call('get_incident_evidence', { id });
    expect(result).toMatchObject({ incident_id: id, cluster: 'prod', total: 3, truncated: false });
    expect(result['items']).toEqual([
      { path: 'evidence/logs/payments/api.log', bytes: 22, cited: true },
      { path: 'evidence/a/first.json', bytes: 5, cited: false },
      { path: 'evidence/objects/pods.json', bytes: 3, cited: false },
    ]);
  });

  test('comes in pages', async () => {
    const files = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`evidence/x/${1000 + index}`, 'x']));
    const { id, call } = await reported(files);
    const paths: string[] = [];
    for (let cursor: unknown = undefined, more = true; more;) {
      const page = await call('get_incident_evidence', { id, ...(cursor !== undefined && { cursor }) });
      paths.push(...(page['items'] as { path: string }[]).map(({ path }) => path));
      more = page['truncated'] === true;
      cursor = page['next_cursor'];
    }
    expect(paths).toHaveLength(252);
    expect(new Set(paths).size).toBe(252);
  });

  test('gives the text of one file, in parts', async () => {
    const { id, call } = await reported({ 'evidence/long.log': 'abc\n'.repeat(1000) });
    const path = 'evidence/long.log';
    const first = await call('get_incident_evidence', { id, path, max_bytes: 1024 });
    expect(first).toMatchObject({ path, text: 'abc\n'.repeat(256), total_bytes: 4000, truncated: true, items: [] });
    const rest = await call('get_incident_evidence', { id, path, max_bytes: 65_536, cursor: first['next_cursor'] });
    expect(rest).toMatchObject({ text: 'abc\n'.repeat(744), truncated: false });
  });

  test('a path that is not in the list leads nowhere', async () => {
    const { id, call } = await reported();
    const paths = [
      'logs/events.jsonl',
      'evidence/../logs/events.jsonl',
      'evidence/../../inc_other/incident.json',
      '../prod/incident.json',
      '/etc/passwd',
      'evidence/logs/payments/api.log/',
      'evidence//logs/payments/api.log',
      'evidence/logs/payments/../payments/api.log',
      'evidence',
      'evidence/none.log',
    ];
    for (const path of paths) {
      await expect(call('get_incident_evidence', { id, path })).rejects.toMatchObject({
        code: 'not_found',
        message: `the evidence of ${id} has no file "${path}"`,
      });
    }
  });
});
