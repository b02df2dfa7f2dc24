import { expect, test } from 'vitest';
import { cli } from '../support/cli-run.ts';
import { MemoryReader } from '../support/memory-reader.ts';
import { answeredIncident, sampleFault, sampleRun } from '../support/incident-samples.ts';
import { configFor, withDaemon } from '../support/running-daemon.ts';

const azure = 'storage: {artifacts: {type: azure-blob, account: acme, key: a2V5, container: reports}}';
const incident = answeredIncident();

/** A state with one incident. */
function state() {
  const reader = Object.assign(new MemoryReader(), { why: async () => [], close: async () => {} });
  reader.details = [{ incident, faults: [sampleFault()], runs: [sampleRun()] }];
  return { openReader: async () => reader };
}

test('OPS-4: what lies in Azure comes from the running daemon, which has the key', () =>
  withDaemon(async (daemon) => {
    daemon.files.set(`${incident.cluster}/${incident.id}/investigation.md`, '# Stored\n');
    const deps = { ...state(), readStored: () => Promise.reject(new Error('not asked')) };
    const { code, out } = await cli(['report', incident.id, '--raw'], { cwd: configFor(daemon.url, azure), deps });
    expect({ code, out }).toEqual({ code: 0, out: '# Stored\n' });
    daemon.files.clear();
    const gone = await cli(['report', incident.id], { cwd: configFor(daemon.url, azure), deps });
    expect(gone.err).toContain('NC-CLI-025');
    const env = { NIGHTCRIER_HEALTH__TOKEN: 'other' };
    const refused = await cli(['report', incident.id], { cwd: configFor(daemon.url, azure), deps, env });
    expect(refused.err).toContain('answered 401');
  }));

test('OPS-4: without a daemon the whole configuration says how to read it', async () => {
  const asked: unknown[] = [];
  const deps = {
    ...state(),
    readStored: async (from: object, file: object) => {
      asked.push(Object.keys(from), file);
      return Buffer.from('# Stored\n');
    },
  };
  const cwd = configFor('http://127.0.0.1:1', azure);
  expect((await cli(['report', incident.id, '--raw'], { cwd, deps })).out).toBe('# Stored\n');
  expect(asked).toEqual([['loaded'], { cluster: incident.cluster, incidentId: incident.id, path: 'investigation.md' }]);
});
