import { expect, test } from 'vitest';
import { expectToldOnce, problem, startUnder, twoReports } from '../support/slack-outage.ts';

test('NOT-2, NOT-3: a Slack that takes every call and never answers is named, and nothing is told twice', async () => {
  const outage = await startUnder({ kind: 'silent', done: true });
  const { slack, daemon } = outage;
  await twoReports(outage);
  expect((await problem(daemon, 'NC-SLACK-005')).fix).toContain('can reach');
  slack.fault = () => null;
  await expectToldOnce(outage);
}, 240_000);
