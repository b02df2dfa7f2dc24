import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { openArtifacts } from '../../../src/storage/artifacts/open-artifacts.ts';
import { storageSchema } from '../../../src/storage/config.ts';
import { tempDir } from '../../support/temp-dir.ts';

const open = (artifacts: object) => openArtifacts(storageSchema.parse({ artifacts }).artifacts, systemClock);

test('STO-1: without a type artifacts are files', async () => {
  const path = join(tempDir(), 'artifacts');
  const store = await open({ path });
  const { index } = await store.put('prod', 'inc_1', [], new AbortController().signal);
  expect(index).toBe(join(path, 'prod/inc_1/index.html'));
});

const azure = { type: 'azure-blob', container: 'reports', sas_expiry: '48h' };
const key = Buffer.from('a key').toString('base64');

test.each([
  [
    {
      connection_string: `DefaultEndpointsProtocol=https;AccountName=abc;AccountKey=${key};EndpointSuffix=core.windows.net`,
    },
    'abc.blob.core.windows.net',
  ],
  [{ account: 'abc', key }, 'abc.blob.core.windows.net'],
  [{ account: 'abc', key, endpoint: 'https://abc.blob.core.chinacloudapi.cn' }, 'abc.blob.core.chinacloudapi.cn'],
])('STO-1: %o is the account that is named, with links of the configured time', async (keys, host) => {
  const store = await open({ ...azure, ...keys });
  const link = new URL(await store.link(`https://${host}/reports/prod/inc_1/index.html`));
  const [starts, ends] = ['st', 'se'].map((name) => Date.parse(link.searchParams.get(name) ?? ''));
  expect(Math.round(((ends ?? 0) - (starts ?? 0)) / 60_000)).toBe(48 * 60 + 5);
});

test('STO-1: an account without a key is Entra ID', async () => {
  const store = await open({ ...azure, account: 'abc' });
  expect(await store.link('/a/path')).toBe('/a/path');
});
