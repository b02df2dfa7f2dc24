import { describe, expect, test } from 'vitest';
import { storageSchema } from '../../src/storage/config.ts';

const day = 24 * 3_600_000;

test('STO-1: without any setting state and reports are below data_dir and kept for a while', () => {
  expect(storageSchema.parse({})).toEqual({
    state: { type: 'sqlite', path: 'nightcrier.db' },
    artifacts: { type: 'filesystem', path: 'artifacts', sas_expiry: 7 * day, create_container: true },
    retention: { incidents: 30 * day, workspaces: 7 * day, max_size: 10 * 1024 ** 3 },
    upload_failed_investigations: false,
  });
});

test('STO-3: each setting stands by itself', () => {
  const parsed = storageSchema.parse({ retention: { incidents: '90d' }, upload_failed_investigations: true });
  expect(parsed.retention).toEqual({ incidents: 90 * day, workspaces: 7 * day, max_size: 10 * 1024 ** 3 });
  expect(parsed.upload_failed_investigations).toBe(true);
  expect(storageSchema.parse({ state: { path: '/var/lib/x.db' } }).state.path).toBe('/var/lib/x.db');
});

describe('STO-1: what is not a setting is refused at its place', () => {
  test.each([
    ['retention.incidents', { retention: { incidents: 'long' } }],
    ['retention.workspaces', { retention: { workspaces: -1 } }],
    ['retention.max_size', { retention: { max_size: '10GB' } }],
    ['state.path', { state: { path: 7 } }],
    ['upload_failed_investigations', { upload_failed_investigations: 'yes' }],
    ['', { where: 'here' }],
    ['artifacts', { artifacts: { bucket: 'x' } }],
  ])('%s', (path, value) => {
    expect(storageSchema.safeParse(value).error?.issues[0]?.path.join('.')).toBe(path);
  });
});
