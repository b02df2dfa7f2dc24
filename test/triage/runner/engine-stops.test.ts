import { describe, expect, onTestFinished, test } from 'vitest';
import { agentImage, lacksEngine } from '../../support/agent-image.ts';
import { containerTrial } from '../../support/container-trial.ts';
import { lacks } from '../../support/needs.ts';
import { OwnEngine } from '../../support/own-engine.ts';
import { waitUntil } from '../../support/wait-until.ts';

const skip =
  lacksEngine('an engine that stops') || lacks('an engine that stops', 'dockerd') || process.getuid?.() !== 0;

describe.skipIf(skip)('TRI-4: an engine that goes away during a run', () => {
  test('is told apart from an agent that failed; what it leaves is removed when it is back', async () => {
    const image = await agentImage();
    const engine = new OwnEngine();
    onTestFinished(() => engine.close());
    await engine.start();
    await engine.load(image);
    const sleeps = 'echo begun; sleep 60';
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const meanwhile = () => engine.end(signal);
      const { end } = await containerTrial(image, sleeps, { engineEnv: engine.env, meanwhile });
      expect(`${signal} ${end.engineFault?.fault}`).toBe(`${signal} engine_lost`);
      const next = await containerTrial(image, sleeps, { engineEnv: engine.env });
      expect(`${signal} ${next.end.engineFault?.fault}`).toBe(`${signal} engine_unavailable`);
      await engine.start();
      await waitUntil(() => engine.containers().length === 0, 'the removal of the container', 30_000);
    }
    const restart = async (): Promise<void> => {
      await engine.end('SIGTERM');
      await engine.start();
    };
    const restarted = await containerTrial(image, sleeps, { engineEnv: engine.env, meanwhile: restart });
    expect(restarted.end.engineFault?.fault).toMatch(/^(engine_lost|container_stopped)$/);
    await waitUntil(() => engine.containers().length === 0, 'the removal of the container', 30_000);
    expect((await containerTrial(image, 'echo well', { engineEnv: engine.env })).end).toMatchObject({ exitCode: 0 });
  }, 180_000);
});
