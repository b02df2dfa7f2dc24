import { expect, test } from 'vitest';
import { expectToldOnce, problem, startUnder, twoReports } from '../support/slack-outage.ts';
import { waitUntil } from '../support/wait-until.ts';

test('NOT-2: a Slack that answers 429 costs incidents nothing and is not asked before its time; then all is told once', async () => {
  const seconds = 3;
  const outage = await startUnder({ kind: 'rate_limited', seconds });
  const { slack, daemon } = outage;
  const times: number[] = [];
  const { fault } = slack;
  slack.fault = (call) => {
    if (call.method === 'chat.postMessage') times.push(Date.now());
    return fault(call);
  };
  await twoReports(outage);
  await waitUntil(() => times.length >= 4, 'more attempts', 30_000);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  // Two messages, so two attempts after each wait: never a third.
  expect(gaps.filter((gap) => gap < seconds * 1000 - 200).length).toBeLessThanOrEqual(Math.ceil(times.length / 2));
  expect(slack.channelPosts).toEqual([]);
  expect(await daemon.text('/metrics')).toMatch(
    /nightcrier_notifications?_failed_total\{[^}]*reason="rate_limited"[^}]*\} [1-9]/,
  );
  slack.fault = () => null;
  await expectToldOnce(outage);
}, 180_000);

test('NOT-2, NOT-3: a refused token is on the health page with its code; after it works again each incident is told once', async () => {
  const outage = await startUnder({ kind: 'error', error: 'invalid_auth' });
  const { slack, daemon } = outage;
  await twoReports(outage);
  expect((await problem(daemon, 'NC-SLACK-001')).fix).toContain('bot_token');
  const asked = slack.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(slack.calls.length - asked).toBeLessThanOrEqual(1);

  // The token is corrected and the daemon restarted, as the fix says.
  await daemon.stop();
  slack.fault = () => null;
  await daemon.start();
  await expectToldOnce(outage);
}, 180_000);
