import { expect, test } from 'vitest';
import { askAlone } from '../../../src/app/commands/ask-alone.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createFilesystemArtifacts } from '../../../src/storage/artifacts/filesystem.ts';
import { answeredIn, stateDir } from '../../support/state-dir.ts';

const never = new AbortController().signal;

test('NOT-5: without a daemon the same files answer, with the context of the configuration', async () => {
  const { cwd, store } = await stateDir();
  const { id, resource } = await answeredIn(store);
  const loaded = loadConfig({ cwd, env: { UNSET: 'xoxb-1' } });
  const { artifacts } = loaded.config.storage;
  const folder = artifacts.type === 'filesystem' ? artifacts.path : '';
  const log = {
    path: `evidence/logs/${resource.namespace}/${resource.name}/api.log`,
    content: 'KeyError: REDIS_URL\n',
    contentType: 'text/plain',
  };
  await createFilesystemArtifacts(folder).put('main', id, [log], never);
  const ask = (text: string) => askAlone(loaded, { incidentId: id, text, by: 'ana', mayAct: true }, never);
  expect((await ask('why')).text).toContain('ConfigMap shop/settings has no key REDIS_URL');
  expect(await ask('logs')).toMatchObject({ by: 'rules', sources: [log.path] });
  expect((await ask('what to do')).text).toMatch(/\$ kubectl --\S+ \S+ -n shop edit configmap settings/);
  expect((await ask('did this happen before')).text).toContain('No other incident of');
});
