import { writeSync } from 'node:fs';
import { silentLogger } from '../../src/lib/log.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { clusterPolicy, owner, signal, startOfTime, storePolicy } from '../support/signals.ts';

/*
 * A daemon in small, to be killed at any moment: accepts faults one after the other, settles them, starts runs and
 * sends messages. It says on standard output what it may rely on: `accepted N`, `running RUN`, `sending DELIVERY`.
 */
const [file = '', until = ''] = process.argv.slice(2);
const store = await openStateStore({ file, policy: storePolicy(), logger: silentLogger });
const say = (line: string): void => void writeSync(1, `${line}\n`);

for (let number = 0; ; number++) {
  await store.accept([signal({ pod: `pod-${number}`, cluster: `c${number % 7}` })], startOfTime);
  say(`accepted ${number}`);
  if (until === 'accept') continue;
  const inputs = (await store.unsettled(100)).map(({ seq }) => ({
    seq,
    owner: owner(`app-${seq}`),
    node: null,
    cluster: clusterPolicy(),
  }));
  await store.settle(inputs, startOfTime);
  if (until === 'run') {
    const claim = await store.claimRun(
      { maxConcurrent: 99, perCluster: {}, defaultPerCluster: 99 },
      startOfTime + 9000,
    );
    if (claim) say(`running ${claim.run.id}`);
  } else {
    for (const { delivery } of await store.claimDeliveries('slack', 1, startOfTime + 9000))
      say(`sending ${delivery.id}`);
  }
}
