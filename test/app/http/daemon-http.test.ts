import { expect, test } from 'vitest';
import { daemonHttp } from '../../../src/app/http/daemon-http.ts';
import { HealthFixture } from '../../support/health-fixture.ts';

test('OPS-1: port 0 turns the server off; without it there is nothing to start', async () => {
  const fixture = await HealthFixture.start();
  await fixture.stop();
  const options = {
    ...fixture.options,
    budget: () => null,
    agents: { agentOf: () => null, ask: async () => ({ kind: 'rules' as const }) },
    artifacts: { ...fixture.options.artifacts, list: async () => [], link: async (url: string) => url },
  };
  expect(daemonHttp({ ...options, reader: fixture.reader, port: 0 })).toBeNull();
  const server = daemonHttp({
    ...options,
    reader: fixture.reader,
    registry: new HealthFixture().registry,
    port: 'auto',
  });
  const started = await server?.start();
  expect((started?.port ?? 0) > 0).toBe(true);
  await server?.stop();
});
