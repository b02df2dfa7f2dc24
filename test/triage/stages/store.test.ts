import { expect, test } from 'vitest';
import { openAuditLog, verifyAudit } from '../../../src/gateway/audit.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { storeStage } from '../../../src/triage/stages/store.ts';
import { auditSample } from '../../support/audit-sample.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryArtifacts } from '../../support/memory-artifacts.ts';
import { runSample } from '../../support/run-context.ts';
import { reportOf, verdictOf } from '../../support/fake-analyst.ts';

const summary = { evidence: [], nextSteps: [], claimsBacked: 0, claims: 0, missing: [] };
const never = new AbortController().signal;

/** What stands in the artifacts of a run whose agent gave this answer, by path. */
async function stored(markdown: string, missing: readonly string[]): Promise<Map<string, string>> {
  const artifacts = new MemoryArtifacts();
  const verdict = { ...verdictOf(null, 'No cause.'), missing: [...missing] };
  const delivered = {
    outcome: 'answered',
    markdown,
    verdict,
    summary,
    findings: findingsSample(),
    ownText: markdown,
    checked: null,
  } as const;
  const redact = createRedactor({ secrets: ['zebra&"quoted"-120'] });
  const { context } = await runSample({ delivered, redact });
  const options = { artifacts, clock: new ManualClock(), storeFailed: () => false, onUpload: () => {} };
  await storeStage(options).run(context, never);
  const { cluster, id } = context.claim.incident;
  const paths = ['investigation.md', 'investigation.html', 'verdict.json', 'incident.json'];
  const files = await Promise.all(paths.map((path) => artifacts.get(cluster, id, path)));
  return new Map(paths.map((path, at) => [path, files[at]?.toString() ?? '']));
}

test('GAT-4: what is a secret in the report is none in any of its forms', async () => {
  const text = [
    '- password: zebra',
    '- `DB_PASSWORD`: `zebra`',
    '| API_KEY | zebra |',
    '```yaml\npassword: zebra\n```',
    'the agent was given zebra&"quoted"-120',
  ].join('\n\n');
  const files = await stored(`${reportOf('the agent')}\n${text}`, ['the value zebra&"quoted"-120']);
  for (const [path, content] of files) expect([path, content.includes('zebra')]).toEqual([path, false]);
  expect(files.get('investigation.html')).toContain('&lt;redacted:');
});

test('GAT-4: what is data stays data, whatever its words look like', async () => {
  const missing = ['token: forbidden by RBAC', 'password: "unknown"', 'logs of cart: secret = not found'];
  const files = await stored(reportOf('the agent'), missing);
  expect(JSON.parse(files.get('verdict.json') ?? '')).toMatchObject({ version: 1, missing: { length: 3 } });
});

test('GAT-8: the record of the gateway is stored as it is, and stays whole', async () => {
  const artifacts = new MemoryArtifacts();
  const delivered = {
    outcome: 'answered',
    markdown: reportOf('the agent'),
    verdict: verdictOf(null, 'No cause.'),
    summary,
    findings: findingsSample(),
    ownText: null,
    checked: null,
  } as const;
  const { context } = await runSample({ delivered, redact: createRedactor({ secrets: ['read.list'] }) });
  const log = await openAuditLog(context.workspace.path('logs/gateway.jsonl'));
  for (let at = 0; at < 6000; at += 1) log.add({ ...auditSample, ms: at });
  await log.close();
  const options = { artifacts, clock: new ManualClock(), storeFailed: () => false, onUpload: () => {} };
  await storeStage(options).run(context, never);
  const { cluster, id } = context.claim.incident;
  const text = (await artifacts.get(cluster, id, 'logs/gateway.jsonl'))?.toString() ?? '';
  expect(verifyAudit(text)).toEqual({ ok: true, lines: 6000, refused: 0 });
});
