import { expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';

test('UX-21, NOT-1: what messages show of an answer is in words, with its object; markdown and findings say the same', async () => {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', { log: "starting\nKeyError: 'REDIS_URL'\n" });
  const { summary, findings, markdown, verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  const pod = 'Pod ns/app-5d8f-abcde';
  expect(summary.evidence).toEqual([
    `KeyError: 'REDIS_URL' (${pod}, log of container app before its last restart, line 2)`,
    `${pod}, container app, last run: exit code 1`,
    `${pod}, container app, last run: reason Error`,
  ]);
  expect(findings.evidence).toHaveLength(verdict.causes[0]?.evidence.length ?? 0);
  for (const { words } of findings.evidence) expect(markdown).toContain(words);
  const [cause] = verdict.causes;
  expect(markdown.split(cause?.statement ?? '?')).toHaveLength(2);
});
