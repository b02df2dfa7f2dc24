import { describe, expect, test } from 'vitest';
import { isHealthy } from '../../../src/kube/health.ts';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';
import { loadRecording, recordingNames } from '../../support/recorded-cluster.ts';
import { causeOf } from '../answer-about.ts';
import { requestFor, TestCluster } from '../cluster.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

describe('nothing is well against its own status', () => {
  test.each([
    ['has rolled out', {}, 'no fault'],
    ['has not begun to roll out', { generation: 2 }, 'no cause'],
  ])('a Deployment that %s', async (_what, metadata, said) => {
    const cluster = new TestCluster();
    cluster.deployment('shop', 'cart', { ready: true });
    const at = cluster.objects.findIndex(({ kind }) => kind === 'Deployment');
    const deployment = cluster.objects[at]!;
    const status = { ...(deployment['status'] as object), observedGeneration: 1 };
    cluster.objects[at] = { ...deployment, metadata: { ...deployment.metadata, ...metadata }, status };
    expect(await causeOf(cluster, 'Deployment', 'shop', 'cart')).toBe(said);
  });

  test.each(recordingNames())('recording %s', async (name) => {
    const { focus, objects } = loadRecording(name);
    const analyst = createAnalyst({ readersFor: () => [new ObjectsReader(objects)] });
    const request = requestFor(focus.kind, focus.namespace, focus.name);
    const { verdict } = analyst.analyse(
      request,
      await analyst.collect(request, createRedactor(), AbortSignal.timeout(20_000)),
    );
    const found = objects.find(
      ({ kind, metadata }) =>
        kind === focus.kind && metadata.name === focus.name && (metadata.namespace ?? null) === focus.namespace,
    );
    expect({ isFault: verdict.is_fault, isWell: found ? isHealthy(found) : null }).not.toEqual({
      isFault: false,
      isWell: false,
    });
  });
});
