import { describe, expect, test } from 'vitest';
import { type CrashCase, crashCause, type More } from '../crash-cause.ts';

const oom = { exitCode: 137, reason: 'OOMKilled', container: { resources: { limits: { memory: '16Mi' } } } };
/** A CronJob whose command is `script`; the Deployment was changed once or more. */
const cron =
  (script: string, generation = 2, namespace = 'ns', name = 'tuner'): More =>
  (cluster) => {
    for (const it of cluster.objects.filter((object) => object.kind === 'Deployment'))
      Object.assign(it.metadata, { generation });
    const containers = [{ name: 'c', image: 'kubectl:1', command: ['sh', '-c', script] }];
    cluster.add('CronJob', namespace, name, {
      spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: { containers } } } } },
    });
  };
const is = (value: string, confidence = 'high') => `CronJob tuner recurring_actor [${value}] ${confidence}`;
const plain = 'Deployment app oom_limit [16Mi] high';
const set = 'kubectl -n ns set resources deployment/app --limits=memory=16Mi';

describe('QUA-1: somebody who changes a workload again and again', () => {
  test.each<CrashCase>([
    ['set resources', oom, is('16Mi'), cron(set)],
    ['patch', oom, is('16Mi'), cron(`kubectl patch deploy app -p '{"spec":{}}'`)],
    [
      'another crash: a lead',
      { log: 'ERROR giving up' },
      is('app', 'medium'),
      cron('kubectl set env deployment/app MODE=x'),
    ],
    // What looks like it.
    ['it only reads', oom, plain, cron('kubectl get deployment app')],
    ['it changes another workload', oom, plain, cron('kubectl scale deployment/app-canary --replicas=1')],
    ['a name that only contains it', oom, plain, cron('kubectl scale deployment/myapp --replicas=1')],
    ['the workload was never changed', oom, plain, cron(set, 1)],
    ['there is none', oom, plain],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});
