import { expect, test } from 'vitest';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import { keptFaults, keptKinds, silencesBehind } from '../../src/kube/kept-faults.ts';
import { openTestStore, receive } from '../storage/store-fixture.ts';
import { minute, owner, signal, startOfTime } from '../support/signals.ts';

test('a kind that is not known is looked for as written, and by its singular', () => {
  expect(keptKinds('deploy')).toEqual(['Deployment']);
  expect(keptKinds('certificates.cert-manager.io')).toEqual([
    'certificates.cert-manager.io',
    'certificates',
    'certificat',
    'certificate',
  ]);
  expect(keptKinds('policies')).toContain('policy');
});

test('UX-17: faults are found by each name of their kind, and the kind under which they are is told', async () => {
  const { store } = await openTestStore();
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    namespace: 'shop',
    name: 'web',
    uid: 'u1',
  };
  await receive(store, [signal()], { owner: owner('api') });
  await receive(store, [signal({ faultId: 'c1', resource: certificate })], {
    owner: { kind: 'Certificate', namespace: 'shop', name: 'web', certain: true },
  });
  const ofDeployment = await keptFaults(store, 'prod', { kind: 'deploy', namespace: 'payments', name: 'api' });
  expect(ofDeployment).toMatchObject({ ref: { kind: 'Deployment' }, faults: [{ reception: { cluster: 'prod' } }] });
  const named = { kind: 'certificates.cert-manager.io', namespace: 'shop', name: 'web' };
  const ofCertificate = await keptFaults(store, 'prod', named);
  expect(ofCertificate).toMatchObject({ ref: { kind: 'certificate' }, faults: [{ episode: { faultId: 'c1' } }] });
  expect(await keptFaults(store, 'east', named)).toEqual({ ref: named, faults: [] });
});

test('the silences that held faults back are read with them', async () => {
  const { store } = await openTestStore();
  const made = await store.addSilence(
    {
      matchers: parseMatchers('namespace=payments'),
      startsAt: startOfTime,
      endsAt: startOfTime + 60 * minute,
      author: 'ana',
      comment: 'database is moved',
    },
    startOfTime,
  );
  await receive(store, [signal()], { owner: owner('api') });
  const { faults } = await keptFaults(store, 'prod', { kind: 'Deployment', namespace: 'payments', name: 'api' });
  expect(await silencesBehind(store, faults)).toMatchObject([
    { author: 'ana', id: made.kind === 'made' && made.silence.id },
  ]);
  expect(await silencesBehind(store, [])).toEqual([]);
});
