import path from 'node:path';
import { expect, test } from 'vitest';
import { loadText, minimal, refusal } from '../../support/config-dir.ts';

test('without the key the demo is on; every setting has a default', () => {
  const { config } = loadText(minimal());
  expect(config.palette).toEqual({ endpoint: 'https://api.spectrocloud.com', demo: 'auto' });
});

test('references that are not set leave the keys out, so that the demo stays', () => {
  const text = minimal('palette: {api_key: "${PALETTE_API_KEY:-}", project_uid: "${PALETTE_PROJECT_UID:-}"}');
  expect(loadText(text).config.palette).toEqual({ endpoint: 'https://api.spectrocloud.com', demo: 'auto' });
  const { config, secrets } = loadText(text, {
    env: { PALETTE_API_KEY: 'key-5551212', PALETTE_PROJECT_UID: 'prj-42424' },
  });
  expect(config.palette).toMatchObject({ api_key: 'key-5551212', project_uid: 'prj-42424' });
  expect(secrets).toEqual(expect.arrayContaining(['key-5551212', 'prj-42424']));
});

test('a key is not sent in the clear to another machine, and is one word', () => {
  expect(loadText(minimal('palette: {endpoint: "http://127.0.0.1:8443"}')).config.palette.endpoint).toBe(
    'http://127.0.0.1:8443',
  );
});

test.each([
  ['palette: {endpoint: "http://palette.example.com"}', 'palette.endpoint'],
  ['palette: {endpoint: "https://palette.example.com/?a=b"}', 'palette.endpoint'],
  ['palette: {endpoint: "https://user:word@palette.example.com"}', 'palette.endpoint'],
  ['palette: {api_key: "two words"}', 'palette.api_key'],
  ['palette: {demo: maybe}', 'palette.demo'],
  ['palette: {key: x}', 'palette.key'],
  ['palette: {ca_file: gone.pem}', 'palette.ca_file'],
] as const)('%s is refused at %s', (line, key) => {
  expect(refusal(minimal(line)).problems.map(({ path: at }) => at)).toContain(key);
});

test('a cluster says which one it is in Palette; the authority is a path of the file', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
  const text = minimal('palette: {ca_file: ca.pem}').replace('    mcp:', '    palette_uid: 5f0c00000000\n    mcp:');
  const { config } = loadText(text, { files: { 'ca.pem': pem } });
  expect(config.clusters[0]?.palette_uid).toBe('5f0c00000000');
  expect(path.isAbsolute(config.palette.ca_file ?? '')).toBe(true);
  const wrong = text.replace('5f0c00000000', '"../assets"');
  expect(refusal(wrong).problems.map(({ path: at }) => at)).toContain('clusters[0].palette_uid');
});
