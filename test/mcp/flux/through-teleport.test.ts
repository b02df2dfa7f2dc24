import { expect, onTestFinished, test } from 'vitest';
import { ApiReader, openApiReader } from '../../../src/kube/read/api-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { TeleportAccesses } from '../../../src/teleport/teleport-accesses.ts';
import { startControlPlane } from '../../support/control-plane.ts';
import { fluxDefinitions, recordedAnswers, recordedFlux } from '../../support/flux.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { startKubeletLogs } from '../../support/kubelet-logs.ts';
import { loadRecording } from '../../support/load-recording.ts';
import { StubTsh } from '../../support/stub-tsh.ts';
import { tempDir } from '../../support/temp-dir.ts';

const lacks = cannotRun('Flux behind Teleport');

test.skipIf(lacks)(
  'FLX-11: what only tsh ssh reaches gives the same, tool by tool, as the API itself',
  async () => {
    const logs = await startKubeletLogs();
    onTestFinished(() => logs.stop());
    const plane = await startControlPlane();
    onTestFinished(() => plane.stop());
    await plane.apply(...fluxDefinitions());
    await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await loadRecording(plane, logs, recordedFlux());
    const stub = new StubTsh(tempDir(), plane.kubeconfig);
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    const accesses = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env });
    onTestFinished(() => accesses.close());
    const through = new ApiReader(accesses.of('staging', stub.place()).api, { timeoutMs: 30_000 });
    const answers = await recordedAnswers(through);
    expect(answers).toEqual(await recordedAnswers(await openApiReader(plane.kubeconfig, null)));
    expect(Object.keys(answers).length).toBeGreaterThan(5);
    expect(stub.calls().length).toBeGreaterThan(5);
  },
  120_000,
);
