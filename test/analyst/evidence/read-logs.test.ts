import { expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';

/** The logs that the reader was asked for, as `pod/container`, with `-` before those of the run before. */
async function logsRead(build: (cluster: TestCluster) => void): Promise<string[]> {
  const cluster = new TestCluster();
  build(cluster);
  const asked: string[] = [];
  const plain = cluster.reader.bind(cluster);
  cluster.reader = () => {
    const inner = plain();
    return {
      ...inner,
      logs: (namespace, pod, container, options, signal) => {
        asked.push(`${options.previous ? '-' : ''}${pod}/${container}`);
        return inner.logs(namespace, pod, container, options, signal);
      },
    };
  };
  await answerAbout(cluster, 'Deployment', 'ns', 'app');
  return asked;
}

test('QUA-1: of what ended the log of the run before comes first, and the incident before its neighbours', async () => {
  const asked = await logsRead((cluster) => {
    cluster.crash('ns', 'aaa', { log: 'error: no' });
    cluster.crash('ns', 'app', { log: 'error: no' });
  });
  expect(asked).toEqual(['-app-5d8f-abcde/app', 'app-5d8f-abcde/app', '-aaa-5d8f-abcde/aaa', 'aaa-5d8f-abcde/aaa']);
});

test('QUA-1: no log of neighbours that are well', async () => {
  const asked = await logsRead((cluster) => {
    cluster.running('ns', 'aaa', 'ok');
    cluster.running('ns', 'app', 'ok');
  });
  expect(asked).toEqual(['app-5d8f-abcde/app']);
});

test('QUA-1: the number of pods whose logs are read is bounded', async () => {
  const asked = await logsRead((cluster) => {
    cluster.crash('ns', 'app', { log: 'error: no' });
    for (let at = 0; at < 40; at += 1) cluster.crash('ns', `other-${at}`, { log: 'error: no' });
  });
  expect(new Set(asked.map((it) => it.replace(/^-|\/.*/g, ''))).size).toBeLessThanOrEqual(14);
});
