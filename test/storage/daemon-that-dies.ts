import { writeSync } from 'node:fs';
import { silentLogger } from '../../src/lib/log.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { agentBudget, breakerPolicy } from '../support/triage-bench.ts';
import { clusterPolicy, owner, signal, startOfTime, stormPolicy, storePolicy } from '../support/signals.ts';
import { runResult } from './store-fixture.ts';

/*
 * A daemon in small, to be killed at any moment: accepts faults one after the other, settles them, starts runs and
 * sends messages. It says on standard output what it may rely on: `accepted N`, `running RUN`, `sending DELIVERY`,
 * `spent CENTS` by all agents so far.
 */
const [file = '', until = ''] = process.argv.slice(2);
const storms = { storm: stormPolicy({ perCluster: 5 }), fleet: { minClusters: 3, windowMs: 600_000, channels: {} } };
const policy = storePolicy(until === 'storm' ? storms : {});
const store = await openStateStore({ file, policy, logger: silentLogger });
let cents = 0;
const say = (line: string): void => void writeSync(1, `${line}\n`);

for (let number = 0; ; number++) {
  const pull = { faultType: 'ImagePull', context: 'Back-off pulling image "r.example/app:1"' };
  const fault = signal({ pod: `pod-${number}`, cluster: `c${number % 7}`, ...(until === 'storm' && pull) });
  await store.accept([fault], startOfTime);
  say(`accepted ${number}`);
  if (until === 'accept') continue;
  const inputs = (await store.unsettled(100)).map(({ seq }) => ({
    seq,
    owner: owner(`app-${seq}`),
    node: null,
    cluster: clusterPolicy(),
  }));
  await store.settle(inputs, startOfTime);
  if (until === 'storm') {
    say(`settled ${number}`);
  } else if (until === 'run') {
    const claim = await store.claimRun(
      { maxConcurrent: 99, perCluster: {}, defaultPerCluster: 99 },
      startOfTime + 9000,
    );
    if (claim) say(`running ${claim.run.id}`);
  } else if (until === 'spend') {
    await spend(number);
  } else {
    for (const { delivery } of await store.claimDeliveries('slack', 1, startOfTime + 9000))
      say(`sending ${delivery.id}`);
  }
}

/** Starts the agent of a run, which spends three cents, one after the other; every second run ends. */
async function spend(number: number): Promise<void> {
  const at = startOfTime + 9000;
  const claim = await store.claimRun({ maxConcurrent: 999, perCluster: {}, defaultPerCluster: 999 }, at);
  if (claim === null) return;
  const { id: runId } = claim.run;
  const unbounded = agentBudget({ usdPerDay: 0, usdPerClusterDay: 0, runsPerHour: 0, runsPerClusterHour: 0 });
  await store.admitAgent({ runId, agent: 'claude', budget: unbounded, breaker: breakerPolicy }, at);
  const tokens = { input: 10, cached: 0, output: 1 };
  for (let answers = 1; answers <= 3; answers += 1) {
    await store.saveSpend(runId, { answers, tokens, usd: answers / 100, unpriced: 0 });
    cents += 1;
    say(`spent ${cents}`);
  }
  if (number % 2 === 0) await store.finishRun(runId, runResult({ agent: 'claude' }), at);
}
