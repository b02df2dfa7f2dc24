import { describe, expect, test } from 'vitest';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import type { FaultEpisode } from '../../../src/domain/records.ts';
import { type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { episodeOf } from '../../support/episode.ts';
import { type FakeTools, fakeTools } from '../../support/fake-tools.ts';
import { ago, container, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';

const clock = new ManualClock(now);
const sweep = (tools: FakeTools, active: readonly FaultEpisode[] = [], limits = {}) =>
  new Sweeper({ clock, limits }).run('c', tools, 'server', active, AbortSignal.timeout(20_000));
const looping = (name: string, fields: Record<string, unknown> = {}): KubeObject =>
  pod(
    name,
    {
      phase: 'Running',
      containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 })],
    },
    fields,
  );
const inNamespace = (namespace: string) => ({ metadata: { namespace, uid: `uid-${namespace}` } });
const observed = async (tools: FakeTools, ...active: FaultEpisode[]): Promise<string[]> =>
  (await sweep(tools, active)).report.observations.map((one) => one.observation);
/** The episode of the one finding in these objects. */
const episode = async (tools: FakeTools, extra: Partial<FaultEpisode> = {}): Promise<FaultEpisode> =>
  episodeOf((await sweep(tools)).report.findings[0]!, extra);

describe('CON-5: what a sweep says of its own success', () => {
  test('ok when all lists were read, one answer at a time', async () => {
    const tools = fakeTools([looping('a'), wellPod('b')]);
    const end = await sweep(tools);
    expect(end).toMatchObject({ result: 'ok', warnings: [], report: { cluster: 'c', at: now } });
    expect(end.report.findings.map((one) => [one.faultType, one.resource.name, one.source])).toEqual([
      ['CrashLoop', 'a', 'sweep'],
    ]);
    expect(tools.most).toBe(1);
    expect(end.calls).toBe(tools.calls.length);
  });

  test('partial when the credential may not list a kind: the others are looked at', async () => {
    const tools = fakeTools([looping('a')]);
    tools.fail = (_, args) => (args['kind'] === 'Event' ? 'events is forbidden: User "u" cannot list resource' : null);
    const end = await sweep(tools);
    expect(end.result).toBe('partial');
    expect(end.warnings).toEqual([
      expect.stringMatching(/^Event list could not be read \(forbidden\): events is forbidden/),
    ]);
    expect(end.report.findings).toHaveLength(1);
  });

  test('kinds that a credential need not read are left out without a word, and told when they are not answered', async () => {
    const tools = fakeTools([looping('a')]);
    tools.fail = (_, args) => (args['kind'] === 'Ingress' ? 'ingresses is forbidden: cannot list resource' : null);
    expect(await sweep(tools)).toMatchObject({ result: 'ok', warnings: [] });
    tools.fail = (_, args) => (args['kind'] === 'Ingress' ? new Error('connection refused') : null);
    expect(await sweep(tools)).toMatchObject({ result: 'partial' });
  });

  test('failed when nothing can be read, and a server that does not answer is not asked for every kind', async () => {
    const tools = fakeTools([]);
    tools.fail = () => new Error('connection refused');
    const end = await sweep(tools, [await episode(fakeTools([looping('a')]))]);
    expect(end.result).toBe('failed');
    expect(end.report).toMatchObject({ findings: [], observations: [] });
    expect(tools.calls).toHaveLength(2);
  });

  test('failed when everything is forbidden', async () => {
    const tools = fakeTools([]);
    tools.fail = () => 'forbidden';
    expect((await sweep(tools)).result).toBe('failed');
  });

  test('the signal ends it', async () => {
    const stopped = new Sweeper({ clock }).run('c', fakeTools([]), '', [], AbortSignal.abort(new Error('stop')));
    await expect(stopped).rejects.toThrow('stop');
  });
});

describe('CON-6: bounds of a sweep', () => {
  const large = new ReadError('too_large', 'too large');
  const namespaces = ['a', 'b', 'c'].map((name) => object('Namespace', name));

  test('a list over the limit is read namespace by namespace', async () => {
    const tools = fakeTools([...namespaces, looping('p', inNamespace('a')), looping('p', inNamespace('b'))]);
    tools.fail = (_, args) => (args['kind'] === 'Pod' && !args['namespace'] ? large : null);
    const end = await sweep(tools);
    expect(end.result).toBe('ok');
    expect(end.report.findings.map((one) => one.resource.namespace)).toEqual(['a', 'b']);
  });

  test('a namespace that is too large by itself is unknown, and said', async () => {
    const tools = fakeTools([...namespaces, looping('p', inNamespace('a')), looping('p', inNamespace('b'))]);
    const active = (await sweep(tools)).report.findings.map((signal, id) => episodeOf(signal, { id }));
    tools.objects = namespaces;
    tools.fail = (tool, args) =>
      tool === 'resources_list' && args['kind'] === 'Pod' && ['a', undefined].includes(args['namespace'] as string)
        ? large
        : null;
    const end = await sweep(tools, active);
    expect(end.result).toBe('partial');
    expect(end.warnings[0]).toContain('Pod list of namespace a could not be read (too_large)');
    // The reads one by one found that the pod of `a` is gone as well.
    expect(end.report.observations.map((one) => one.observation)).toEqual(['absent', 'absent']);
  });

  test('namespaces, objects, findings and warnings are capped, and the cap is said', async () => {
    const many = Array.from({ length: 30 }, (_, i) => looping(`p${i}`, { metadata: { uid: `u${i}` } }));
    const cut = await sweep(fakeTools(many), [], { maxObjectsPerKind: 10 });
    expect(cut.report.findings).toHaveLength(10);
    expect(cut.warnings).toEqual(['only the first 10 of kind Pod were looked at']);
    const few = await sweep(fakeTools(many), [], { maxFindings: 5 });
    expect(few.report.findings).toHaveLength(5);
    expect(few.result).toBe('partial');
    const tools = fakeTools([...namespaces]);
    tools.fail = (_, args) => (args['kind'] === 'Pod' ? large : null);
    const capped = await sweep(tools, [], { maxNamespaces: 2, maxWarnings: 2 });
    expect(capped.warnings).toEqual([
      'Pod list could not be read (too_large): only 2 of 3 namespaces are read one by one',
      'Pod list of namespace a could not be read (too_large): too large',
      'and 1 warning more',
    ]);
  });

  test('faults that stand are kept when a flood of new ones meets the limit', async () => {
    const many = Array.from({ length: 30 }, (_, i) => looping(`p${i}`, { metadata: { uid: `u${i}` } }));
    const last = await episode(fakeTools([many[29]!]));
    const end = await sweep(fakeTools(many), [last], { maxFindings: 3 });
    expect(end.report.findings.map((one) => one.resource.name)).toEqual(['p29', 'p0', 'p1']);
  });
});

describe('CON-5: clearing', () => {
  test('a fault that is found again stands; its id is the same', async () => {
    const tools = fakeTools([looping('p')]);
    expect(await observed(tools, await episode(tools))).toEqual(['active']);
  });

  test('gone, or replaced under the same name, is absent', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [];
    expect(await observed(tools, active)).toEqual(['absent']);
    tools.objects = [looping('p', { metadata: { uid: 'new' } })];
    expect(await observed(tools, active)).toEqual(['absent']);
  });

  test('ready is healthy; a restart since the first look is not', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [wellPod('p', { restartCount: 5, state: { running: { startedAt: ago(20) } } })];
    expect(await observed(tools, active)).toEqual(['healthy']);
    expect(await observed(tools, { ...active, clearSeenAt: now - 10_000 })).toEqual(['healthy']);
    expect(await observed(tools, { ...active, clearSeenAt: now - 60_000 })).toEqual(['active']);
  });

  test('another fault of the same object does not clear the first', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [
      pod('p', { phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })] }),
    ];
    expect(await observed(tools, active)).toEqual(['active']);
  });

  test('while the cluster cannot be asked nothing is known', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [];
    tools.fail = (_, args) => (args['kind'] === 'Pod' ? 'pods is forbidden' : null);
    expect(await observed(tools, active)).toEqual(['unknown']);
  });

  test('in deletion is neither gone nor healthy', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [looping('p', { metadata: { deletionTimestamp: ago(10) } })];
    expect(await observed(tools, active)).toEqual(['unknown']);
  });

  test('a list that was cut does not make its missing objects absent', async () => {
    const tools = fakeTools([looping('p')]);
    const active = await episode(tools);
    tools.objects = [looping('a'), looping('p')];
    const { report } = await sweep(tools, [active], { maxObjectsPerKind: 1 });
    // It is read by itself instead.
    expect(report.observations[0]?.observation).toBe('active');
    expect(tools.calls).toContain('resources_get Pod shop/p');
  });

  test('an ended pod that its controller replaced is gone; a failed Job is healthy once its CronJob succeeded', async () => {
    const failed = { phase: 'Failed', reason: 'Evicted', startTime: ago(60) };
    const evicted = pod('p', failed, ownedBy('ReplicaSet', 'r'));
    const tools = fakeTools([evicted]);
    const active = await episode(tools);
    const old = ownedBy('ReplicaSet', 'r', { creationTimestamp: ago(9000) });
    tools.objects = [pod('p', { ...failed, startTime: ago(9000) }, old)];
    expect(await observed(tools, active)).toEqual(['absent']);

    const conditions = (type: string) => ({ status: { conditions: [{ type, status: 'True' }] } });
    const cron = (seconds: number) => ownedBy('CronJob', 'n', { creationTimestamp: ago(seconds) });
    const job = object('Job', 'n-1', { ...conditions('Failed'), ...cron(9000) });
    const jobs = fakeTools([job]);
    const failure = await episode(jobs);
    jobs.objects = [job, object('Job', 'n-2', { ...conditions('Complete'), ...cron(60) })];
    expect(await observed(jobs, failure)).toEqual(['healthy']);
  });

  test('a fault from events of a kind that is not listed: its object is read, its end is the end of the events', async () => {
    const cron = object('CronJob', 'nightly', { apiVersion: 'batch/v1' });
    const event = warning('FailedNeedsStart', cron, 'too many missed start times');
    const tools = fakeTools([cron, event]);
    const active = await episode(tools);
    expect(active.faultType).toBe('WarningEvent');
    expect(await observed(tools, active)).toEqual(['active']);
    tools.objects = [cron];
    expect(await observed(tools, active)).toEqual(['healthy']);
    tools.objects = [];
    expect(await observed(tools, active)).toEqual(['absent']);
    tools.fail = (tool) => (tool === 'resources_get' ? 'forbidden' : null);
    expect(await observed(tools, active)).toEqual(['unknown']);
  });
});
