import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { kubeconfigText, loadText, minimal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

test('CFG-4: without the key there are the shipped workflows; paths are relative to the file', () => {
  expect(loadText(minimal()).config.workflows).toEqual({ paths: [], shipped: true });
  const dir = tempDir({
    'conf/nightcrier.yaml': minimal('workflows: {paths: [META-WORKFLOWS.md, /srv/more.md], shipped: false}'),
    'conf/k.yaml': kubeconfigText(),
  });
  const { config } = loadConfig({ file: path.join(dir, 'conf/nightcrier.yaml'), cwd: dir, env: {} });
  expect(config.workflows).toEqual({ paths: [`${dir}/conf/META-WORKFLOWS.md`, '/srv/more.md'], shipped: false });
});

test('WFL-4, UX-19: a file of workflows that is missing or broken refuses no configuration, and its change is noticed', async () => {
  const dir = tempDir({ 'nightcrier.yaml': minimal('workflows: {paths: [a.md, b.md]}'), 'k.yaml': kubeconfigText() });
  writeFileSync(path.join(dir, 'b.md'), Buffer.from([0xff]));
  const load = () => loadConfig({ cwd: dir, env: {} });
  const { inputs, warnings } = load();
  expect(warnings).toEqual([]);
  expect(inputs.files).toEqual(expect.arrayContaining([path.join(dir, 'a.md'), path.join(dir, 'b.md')]));
  expect(await inputs.isCurrent()).toBe(true);
  writeFileSync(path.join(dir, 'a.md'), '# come');
  expect(await inputs.isCurrent()).toBe(false);
  const next = load().inputs;
  writeFileSync(path.join(dir, 'b.md'), '# mended');
  expect(await next.isCurrent()).toBe(false);
});
