import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CliDeps } from '../../../src/cli/context.ts';
import { type PermissionSnapshot, unknownPermissions } from '../../../src/domain/permissions.ts';
import type { CredentialRequest } from '../../../src/kube/grant/create-credential.ts';
import { cli } from '../../support/cli-run.ts';
import { tempDir } from '../../support/temp-dir.ts';

const now = Date.UTC(2026, 10, 1);
const dayMs = 24 * 3_600_000;
const met: PermissionSnapshot = {
  ...unknownPermissions('c', now, '', false),
  minimum_met: true,
  warnings: [],
  error: null,
};

/** A cluster that grants tokens for at most so long, and its answer about the credential. */
function cluster(maxMs: number, permissions: PermissionSnapshot = met) {
  const asked: CredentialRequest[] = [];
  const deps: Partial<CliDeps> = {
    makeCredential: async (request) => {
      asked.push(request);
      const expiresAt = request.ttlMs === null ? null : now + Math.min(request.ttlMs, maxMs);
      return { kubeconfig: 'the kubeconfig\n', server: 'https://c.example', expiresAt, applied: ['\u001b[31mmade'] };
    },
    credentialText: async () => 'the manifests\n',
    askPermissions: async () => permissions,
  };
  return { asked, deps };
}

test('OPS-4: the file is named after the context, for its owner alone; the rest is asked as written', async () => {
  const cwd = tempDir();
  const { asked, deps } = cluster(365 * dayMs);
  const context = 'arn:aws:eks:eu-west-1:1:cluster/prod';
  const { code, out, err } = await cli(['kubeconfig', 'create', '--context', context], { cwd, deps, now });
  const file = path.join(cwd, 'kubeconfigs/prod.yaml');
  expect({ code, out }).toEqual({ code: 0, out: `${file}\n` });
  expect(readFileSync(file, 'utf8')).toBe('the kubeconfig\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const ttlMs = 90 * dayMs;
  expect(asked).toEqual([{ context, kubeconfig: null, namespace: 'nightcrier', ttlMs, customResources: 'view' }]);
  expect(err).toContain('good until 2027-01-30 00:00:00+00:00');
  expect(err).toContain('to kubeconfigs/prod.yaml; "nightcrier init" takes it by itself');
  expect(err).not.toContain('\u001b');
  expect(err).not.toContain('warning');
});

test('OPS-4: a cluster that caps how long tokens live is told, with the way out', async () => {
  const { deps } = cluster(dayMs);
  const { code, err } = await cli(['kubeconfig', 'create', '--context', 'c'], { cwd: tempDir(), deps, now });
  expect(code).toBe(0);
  expect(err).toContain('good until 2026-11-02 00:00:00+00:00');
  expect(err).toContain('warning: the cluster gives no token for 90d; --ttl never makes one without an end');
});

test('OPS-4 PER-2: what the credential may do is said: no answer, too little, too much', async () => {
  const said = async (permissions: PermissionSnapshot) => {
    const { deps } = cluster(365 * dayMs, permissions);
    const { code, err } = await cli(['kubeconfig', 'create', '--context', 'c'], { cwd: tempDir(), deps, now });
    return { code, err };
  };
  expect(await said(unknownPermissions('c', now, 'no route', false))).toMatchObject({
    code: 0,
    err: expect.stringContaining('warning: what it may do could not be asked: no route'),
  });
  expect(await said({ ...met, minimum_met: false })).toMatchObject({
    code: 1,
    err: expect.stringContaining('it cannot read pods, logs and events'),
  });
  const can = ['delete pods'];
  expect((await said({ ...met, can_write: can, warnings: ['the credential can write: delete pods'] })).err).toMatch(
    /it can read pods, logs and events\n {0,2}warning: the credential can write: delete pods/,
  );
});

test('OPS-4: --dry-run prints what would be applied and touches nothing', async () => {
  const cwd = tempDir();
  const { asked, deps } = cluster(dayMs);
  const { code, out, err } = await cli(['kubeconfig', 'create', '--dry-run'], { cwd, deps, now });
  expect({ code, out, err, asked }).toEqual({ code: 0, out: 'the manifests\n', err: '', asked: [] });
});
