import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { analystRequest } from '../../src/domain/decide/analyst-request.ts';
import { createAnalyst } from '../../src/analyst/create-analyst.ts';
import { startFleet } from '../../src/demo/fleet.ts';
import { openApiReader } from '../../src/kube/read/api-reader.ts';
import type { Finding } from '../../src/kube/detect/finding.ts';
import { clusterFindings, rootOwner } from '../support/cluster-findings.ts';
import { sampleFault, sampleIncident } from '../support/incident-samples.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { listenTo } from '../support/push-listener.ts';
import { tempDir } from '../support/temp-dir.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';

test('UX-1: the built-in analyst names the true cause of every scripted fault', async () => {
  const dir = tempDir();
  const clock = new ManualClock();
  const fleet = await startFleet({ clock });
  onTestFinished(() => fleet.close());
  for (const { endpoint, pushes } of fleet.clusters) {
    if (!pushes) continue;
    const listener = await listenTo(endpoint);
    onTestFinished(() => listener.close());
  }
  const playing = fleet.play(AbortSignal.timeout(10_000));
  for (let at = 0; at < 8000; at += 100) await clock.advance(100);
  await playing;

  const answers = [];
  for (const fault of fleet.expected) {
    const file = path.join(dir, `${fault.cluster}.yaml`);
    writeFileSync(file, fleet.clusters.find(({ name }) => name === fault.cluster)?.kubeconfig ?? '', { mode: 0o600 });
    const reader = await openApiReader(file, null);
    const analyst = createAnalyst({ readersFor: () => [reader] });
    const { state } = fleet.server(fault.cluster);
    const name = `${fault.owner.kind}/${fault.owner.namespace ?? ''}/${fault.owner.name}`;
    const findings = clusterFindings(state, clock.now()).filter((finding) => rootOwner(state, finding) === name);
    const request = requestFor(fault, findings, clock.now());
    const evidence = await analyst.collect(request, createRedactor(), AbortSignal.timeout(10_000));
    const { verdict, summary } = analyst.analyse(request, evidence);
    const [cause] = verdict.causes;
    const sentence = `${cause?.statement} ${cause?.wrong_value ?? ''}`;
    answers.push({
      owner: fault.owner.name,
      isFault: verdict.is_fault,
      named: fault.causeWords.filter((word) => !sentence.includes(word)),
      cause: `${cause?.mechanism} ${cause?.entity.kind}/${cause?.entity.name} ${cause?.confidence}: ${sentence}`,
      backed: summary.claims > 0 && summary.claimsBacked === summary.claims,
    });
  }
  const wrong = answers.filter((answer) => !answer.isFault || answer.named.length > 0 || !answer.backed);
  expect(wrong).toEqual([]);
});

function requestFor(
  { cluster, owner }: { cluster: string; owner: { kind: string; namespace: string | null; name: string } },
  findings: readonly Finding[],
  now: number,
) {
  const faults = findings.map((finding) =>
    sampleFault({
      cluster,
      faultType: finding.type,
      severity: finding.severity,
      resource: finding.resource,
      container: finding.container,
      context: finding.context,
      owner: { ...owner, certain: true },
      since: finding.since,
      firstSeen: now,
      lastSeen: now,
    }),
  );
  const resource = findings[0]!.resource;
  const incident = sampleIncident({ cluster, resource, owner: { ...owner, certain: true }, openedAt: now });
  return analystRequest(incident, faults, []);
}
