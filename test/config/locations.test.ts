import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { readLocations } from '../../src/config/locations.ts';
import { minimal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

const read = (text: string, env: Record<string, string> = {}) => {
  const cwd = tempDir({ 'nightcrier.yaml': text });
  return { cwd, ...readLocations({ cwd, env }) };
};

test('OPS-4: the daemon is found without its secrets, and whatever else is wrong with the file', () => {
  const found = read(
    minimal('health: {token: "${NOT_SET}"}', 'notify: {slack: {bot_token: "${ALSO_NOT}"}}', 'typo: 1'),
  );
  expect(found).toMatchObject({ url: 'http://127.0.0.1:8080', token: null, clusters: ['main'] });
  expect(found.stateFile).toBe(path.join(found.cwd, 'data/nightcrier.db'));
});

test('OPS-4: the settings that matter are honoured, the environment over the file', () => {
  const text = minimal('data_dir: d', 'storage: {state: {path: s/x.db}}', 'health: {host: 0.0.0.0, port: 1, token: t}');
  const found = read(text, { NIGHTCRIER_HEALTH__PORT: '2' });
  expect(found).toMatchObject({ url: 'http://127.0.0.1:2', token: 't' });
  expect(found.stateFile).toBe(path.join(found.cwd, 'd/s/x.db'));
  expect(read(minimal('health: {port: 0}')).url).toBeNull();
  expect(read(minimal('health: {host: "::"}')).url).toBe('http://[::1]:8080');
});

test('OPS-4: without a file NIGHTCRIER_DATA_DIR says where to look', () => {
  const cwd = tempDir();
  expect(readLocations({ cwd, env: { NIGHTCRIER_DATA_DIR: '/tmp/demo' } }).stateFile).toBe('/tmp/demo/nightcrier.db');
  expect(() => readLocations({ cwd, env: {} })).toThrow(ConfigError);
});

test('OPS-4, CFG-5: a state directory of systemd is where the daemon that has it keeps its state', () => {
  const env = { STATE_DIRECTORY: '/var/lib/nightcrier' };
  expect(read(minimal(), env).stateFile).toBe('/var/lib/nightcrier/nightcrier.db');
  expect(read(minimal('data_dir: /d'), env).stateFile).toBe('/d/nightcrier.db');
});

test('OPS-4: a place that is not known is an error, not a guess', () => {
  expect(() => read(minimal('data_dir: ${NOT_SET}'))).toThrow(/data_dir: environment variable NOT_SET is not set/);
  expect(() => read('a: [')).toThrow(ConfigError);
});
