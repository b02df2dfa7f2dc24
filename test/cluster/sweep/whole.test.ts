import { expect, test, describe } from 'vitest';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import type { ToolCaller, ToolResult } from '../../../src/domain/ports.ts';
import type { FaultEpisode } from '../../../src/domain/records.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { episodeOf } from '../../support/episode.ts';
import { type FakeTools, fakeTools } from '../../support/fake-tools.ts';
import { ago, container, now, object, pod, wellPod } from '../../support/kube-objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const signal = AbortSignal.timeout(60_000);
const inNamespace = (namespace: string) => ({ metadata: { namespace, uid: `uid-${namespace}` } });
const looping = (name: string, namespace = 'shop'): KubeObject =>
  pod(
    name,
    {
      phase: 'Running',
      containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 })],
    },
    { metadata: { namespace, uid: `uid-${namespace}-${name}` } },
  );

interface Bench {
  readonly sweeper: Sweeper;
  readonly clock: ManualClock;
  readonly tools: FakeTools;
  readonly active: FaultEpisode[];
  readonly observed: (through?: ToolCaller) => Promise<string[]>;
}

/** A sweeper that has seen these objects once; their faults stand. */
async function bench(...objects: KubeObject[]): Promise<Bench> {
  const clock = new ManualClock(now);
  const sweeper = new Sweeper({ clock });
  const tools = fakeTools(objects);
  const first = await sweeper.run('c', tools, '', [], signal);
  const active = first.report.findings.map((found, id) => episodeOf(found, { id }));
  const observed = async (through: ToolCaller = tools): Promise<string[]> =>
    (await sweeper.run('c', through, '', active, signal)).report.observations.map((one) => one.observation);
  return { sweeper, clock, tools, active, observed };
}

/** The tools with the answers to lists of pods changed. */
function withPodList(tools: FakeTools, change: (args: Record<string, unknown>) => ToolResult | null): ToolCaller {
  return {
    callTool: async (tool, args, end) => {
      const changed = tool === 'resources_list' && args['kind'] === 'Pod' ? change(args) : null;
      return changed ?? (await tools.callTool(tool, args, end));
    },
  };
}

const answer = (structured: unknown, text = ''): ToolResult => ({ text, structured, isError: false });
const row = (name: string) => ({ Namespace: 'shop', Name: name, Status: 'Running', Ready: '1/1', Age: '2d' });
const table = (...lines: string[]): string =>
  ['NAMESPACE   NAME     READY   STATUS    AGE', ...lines].map((line) => `${line}\n`).join('');
const many = Array.from({ length: 3 }, (_, index) => wellPod(`other-${index}`));

/** Lists of pods in which the pod with the fault is missing although it stands. */
const notWhole: Record<string, ToolResult> = {
  'narrowed to a namespace without pods': answer({ items: [] }),
  'narrowed to another namespace': answer({ items: [wellPod('d', {}, inNamespace('default'))] }),
  'empty text': answer(null, ''),
  'an empty YAML list': answer(null, '[]\n'),
  'an empty table': answer(null, table()),
  'a page with a continue token': answer({ items: many, metadata: { continue: 'abc' } }),
  'a page that counts what remains': answer({ items: many, metadata: { remainingItemCount: 7 } }),
  'a page of a cursor': answer({ items: many, nextCursor: 'abc' }),
  'a list that says that it is truncated': answer({ items: many, truncated: true }),
  'a YAML list with a continue token': answer(
    null,
    'apiVersion: v1\nkind: PodList\nmetadata:\n  continue: abc\nitems: []\n',
  ),
  'a JSON list with a continue token': answer(null, '{"items": [], "metadata": {"continue": "abc"}}'),
  'rows cut at a round number': answer({ items: Array.from({ length: 100 }, (_, index) => row(`r-${index}`)) }),
  'a table that ends with a notice': answer(null, table('shop        other    1/1     Running   2d', '... 12 more')),
  'rows that a label selects': answer({ items: [row('labelled')] }),
  'an old answer in which the pod was well': answer({ items: [wellPod('p', {}, { metadata: { uid: 'uid-shop-p' } })] }),
  'an old answer with the pod before it': answer({ items: [wellPod('p', {}, { metadata: { uid: 'uid-before' } })] }),
  'an error as text': answer(null, 'Error: etcdserver: request timed out'),
  'an error as JSON': answer(null, '{"error": "upstream unavailable"}'),
  'an error that the tool tells': { text: 'pods is forbidden', structured: null, isError: true },
  'a page of a login': answer(null, '<html><body>Please log in</body></html>'),
};

describe('CON-5: the silence of a list clears nothing', () => {
  for (const [what, list] of Object.entries(notWhole)) {
    test(`${what}: the fault stands, and what cannot be read is unknown`, async () => {
      const { tools, observed } = await bench(looping('p'), ...many);
      const lying = withPodList(tools, () => list);
      expect(await observed(lying)).toEqual(['active']);
      tools.fail = (tool) => (tool === 'resources_get' ? 'pods "p" is forbidden: User "u" cannot get resource' : null);
      expect(await observed(lying)).toEqual(['unknown']);
    });
  }

  test('what a read says is believed: gone, or another one under the name', async () => {
    const { tools, observed } = await bench(looping('p'));
    tools.objects = [];
    expect(await observed()).toEqual(['absent']);
    tools.objects = [wellPod('p', {}, { metadata: { uid: 'new' } })];
    expect(await observed()).toEqual(['absent']);
  });

  test.each([
    ['a role that is gone', 'pods "p" is forbidden: RBAC: clusterrole.rbac.authorization.k8s.io "view" not found'],
    ['a context that is gone', 'context "prod" not found'],
    ['a kind that is gone', 'no matches for kind "Pod" in version "v1": "p" not found'],
    ['a webhook', 'Unauthorized: serviceaccounts "reader" not found'],
    ['a time limit', 'timed out'],
  ])('a refusal that speaks of what is not found is not "gone": %s', async (_, text) => {
    const { tools, observed } = await bench(looping('p'));
    tools.objects = [];
    tools.fail = (tool) => (tool === 'resources_get' ? text : null);
    expect(await observed()).toEqual(['unknown']);
  });

  test('the answer to a read must be that very object', async () => {
    const { tools, observed } = await bench(looping('p'));
    const lying: ToolCaller = {
      callTool: async (tool, args, end) => {
        if (tool !== 'resources_get') return await tools.callTool(tool, args, end);
        return answer(wellPod('another', {}, { metadata: { uid: 'x' } }));
      },
    };
    tools.objects = [];
    expect(await observed(lying)).toEqual(['unknown']);
  });

  test('a pod whose name is a word of errors can be gone', async () => {
    const { tools, observed } = await bench(looping('timeout-eof'));
    tools.objects = [];
    expect(await observed()).toEqual(['absent']);
  });
});

describe('CON-5: a list that leaves out namespaces is no list of all', () => {
  const slice = (service: string, namespace: string): KubeObject => ({
    ...object('EndpointSlice', `${service}-1`, { metadata: { namespace, uid: `s-${service}` } }),
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
  });
  const service = (name: string, namespace: string): KubeObject => {
    const one = object('Service', name, {
      metadata: { namespace, uid: `svc-${name}` },
      spec: { selector: { app: 'a' } },
    });
    const slices = { 'kubernetes.io/service-name': name };
    return { ...one, metadata: { ...one.metadata, labels: slices } };
  };
  const labelled = (one: KubeObject): KubeObject => ({
    ...one,
    metadata: { ...one.metadata, labels: { 'kubernetes.io/service-name': one.metadata.name.replace(/-1$/, '') } },
  });
  const cluster = [
    service('web', 'shop'),
    service('db', 'default'),
    labelled(slice('web', 'shop')),
    labelled(slice('db', 'default')),
  ];

  /** As the stock server does: without the right to list in all namespaces it answers with one. */
  const narrowed = (tools: FakeTools, kinds: readonly string[]): ToolCaller => ({
    callTool: async (tool, args, end) => {
      if (tool !== 'resources_list' || !kinds.includes(String(args['kind']))) return tools.callTool(tool, args, end);
      if (args['namespace'] === undefined) return tools.callTool(tool, { ...args, namespace: 'default' }, end);
      if (args['namespace'] === 'default') return tools.callTool(tool, args, end);
      return { text: `${String(args['kind'])} is forbidden: cannot list resource`, structured: null, isError: true };
    },
  });

  test('it is told as a part, and makes no faults of what it leaves out', async () => {
    const { tools, sweeper, observed } = await bench(looping('p'), ...cluster);
    const end = await sweeper.run('c', narrowed(tools, ['Pod', 'EndpointSlice']), '', [], signal);
    expect(end.result).toBe('partial');
    expect(end.unlisted).toEqual([
      'Pod list could not be read (forbidden): it leaves out namespace shop: Pod is forbidden: cannot list resource',
      expect.stringMatching(/^EndpointSlice list could not be read \(forbidden\): it leaves out namespace shop/),
    ]);
    expect(end.report.findings.map((one) => one.faultType)).toEqual([]);
    expect(await observed(narrowed(tools, ['Pod']))).toEqual(['active']);
  });

  test('it is found out at the first sweep, too, where only kube-system is known to exist', async () => {
    const tools = fakeTools([looping('p')]);
    const end = await new Sweeper({ clock: new ManualClock(now) }).run('c', narrowed(tools, ['Pod']), '', [], signal);
    expect(end.unlisted).toEqual([expect.stringContaining('Pod list could not be read (forbidden)')]);
  });

  test('a server that needs a namespace is read one namespace at a time', async () => {
    const tools = fakeTools([looping('p'), object('Namespace', 'shop'), object('Namespace', 'default')]);
    const defaulting: ToolCaller = {
      callTool: (tool, args, end) =>
        tools.callTool(tool, tool === 'resources_list' ? { namespace: 'default', ...clusterWide(args) } : args, end),
    };
    const end = await new Sweeper({ clock: new ManualClock(now) }).run('c', defaulting, '', [], signal);
    expect(end.report.findings.map((one) => one.resource.name)).toEqual(['p']);
  });

  test('what it shows is looked at, too, when the namespaces cannot be listed', async () => {
    const tools = fakeTools([looping('d', 'default'), wellPod('s', {}, inNamespace('kube-system'))]);
    tools.fail = (tool, { kind }) => (tool === 'resources_list' && kind === 'Namespace' ? 'it is forbidden' : null);
    const defaulting: ToolCaller = {
      callTool: (tool, args, end) =>
        tools.callTool(tool, tool === 'resources_list' ? { namespace: 'default', ...clusterWide(args) } : args, end),
    };
    const end = await new Sweeper({ clock: new ManualClock(now) }).run('c', defaulting, '', [], signal);
    expect(end.report.findings.map((one) => one.resource.name)).toEqual(['d']);
    expect(end.unlisted.join()).toMatch(/Namespace/);
  });

  test('of a list that says that it is a part, that part is looked at when the namespaces cannot be listed', async () => {
    const tools = fakeTools([]);
    tools.fail = (tool, { kind }) => (tool === 'resources_list' && kind === 'Namespace' ? 'it is forbidden' : null);
    const page = answer({ items: [looping('p')], metadata: { continue: 'abc' } });
    const paged = withPodList(tools, () => page);
    const end = await new Sweeper({ clock: new ManualClock(now) }).run('c', paged, '', [], signal);
    expect(end.report.findings.map((one) => one.resource.name)).toEqual(['p']);
    expect(end.result).toBe('partial');
  });

  test('it is asked once, then after ten minutes and when a namespace is not there any more', async () => {
    const { tools, clock, observed } = await bench(looping('p'), wellPod('d', {}, inNamespace('default')));
    const asked = (): number => tools.calls.filter((call) => /^resources_list Pod [a-z]/.test(call)).length;
    expect(asked()).toBe(1);
    await observed();
    expect(asked()).toBe(1);
    tools.objects = [looping('p')];
    await observed();
    expect(tools.calls).toContain('resources_list Pod default/');
    expect(asked()).toBe(2);
    await observed();
    expect(asked()).toBe(2);
    await clock.advance(10 * 60_000);
    await observed();
    expect(asked()).toBe(3);
  });

  test('faults of a Service and of an Ingress do not end with the list that shows them', async () => {
    const ingress = object('Ingress', 'front', {
      apiVersion: 'networking.k8s.io/v1',
      spec: { defaultBackend: { service: { name: 'missing' } } },
    });
    const { tools, active, observed } = await bench(service('web', 'shop'), ingress);
    expect(active.map((one) => one.faultType).toSorted()).toEqual(['BackendMissing', 'ServiceWithoutEndpoints']);
    for (const kind of ['EndpointSlice', 'Service']) {
      tools.fail = (tool, args) => (tool === 'resources_list' && args['kind'] === kind ? 'forbidden' : null);
      expect(await observed()).toContain('unknown');
      expect(await observed()).not.toContain('healthy');
    }
  });
});

/** Kinds without namespaces are listed as they are. */
function clusterWide(args: Record<string, unknown>): Record<string, unknown> {
  return ['Node', 'Namespace'].includes(String(args['kind'])) ? { ...args, namespace: undefined } : args;
}

describe('CON-5: most faults gone at once', () => {
  const pods = Array.from({ length: 6 }, (_, index) => looping(`p-${index}`));

  test('are believed when the same cluster answers', async () => {
    const { tools, observed } = await bench(...pods);
    await observed();
    tools.objects = [];
    expect(new Set(await observed())).toEqual(new Set(['absent']));
  });

  test.each([
    ['another cluster answers', (tools: FakeTools) => void (tools.uid = 'another')],
    [
      'nothing says which cluster answers',
      (tools: FakeTools) => void (tools.fail = (_, args) => (args['kind'] === 'Namespace' ? 'forbidden' : null)),
    ],
  ])('are in doubt while %s, and believed when that lasts', async (_, change) => {
    const { tools, clock, sweeper, active, observed } = await bench(...pods);
    await observed();
    tools.objects = [];
    change(tools);
    expect(new Set(await observed())).toEqual(new Set(['unknown']));
    const end = await sweeper.run('c', tools, '', active, signal);
    expect(end.warnings.join()).toMatch(/6 of 6 faults are gone at once/);
    await clock.advance(11 * 60_000);
    expect(new Set(await observed())).toEqual(new Set(['absent']));
  });

  test('a few are doubted only when another cluster answers', async () => {
    const { tools, observed } = await bench(looping('p'));
    await observed();
    tools.objects = [];
    tools.uid = 'another';
    expect(await observed()).toEqual(['unknown']);
    tools.uid = 'uid-of-the-cluster';
    expect(await observed()).toEqual(['absent']);
  });

  test('one that was told without a uid is not well because another cluster has a well object of its name', async () => {
    const { tools, sweeper, active } = await bench(looping('p'));
    const told = active.map((one) => ({ ...one, resource: { ...one.resource, uid: null } }));
    const observed = async () =>
      (await sweeper.run('c', tools, '', told, signal)).report.observations.map((one) => one.observation);
    expect(await observed()).toEqual(['active']);
    tools.objects = [wellPod('p')];
    tools.uid = 'another';
    expect(await observed()).toEqual(['unknown']);
    tools.uid = 'uid-of-the-cluster';
    expect(await observed()).toEqual(['healthy']);
  });

  test('a doubt ends when the faults are there again', async () => {
    const { tools, clock, observed } = await bench(...pods);
    await observed();
    tools.objects = [];
    tools.uid = 'another';
    await observed();
    tools.objects = [...pods];
    tools.uid = 'uid-of-the-cluster';
    expect(new Set(await observed())).toEqual(new Set(['active']));
    await clock.advance(11 * 60_000);
    tools.objects = [];
    tools.uid = 'another';
    expect(new Set(await observed())).toEqual(new Set(['unknown']));
  });
});

test('an event that is about a pod that is gone is history, as before', async () => {
  const event = object('Event', 'e', {
    type: 'Warning',
    reason: 'FailedCreatePodSandBox',
    lastTimestamp: ago(60),
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'gone', uid: 'u' },
  });
  const { active } = await bench(event, wellPod('other'));
  expect(active).toEqual([]);
});

test('CON-5: a fault that was found before the server named its cluster is the same one after it', async () => {
  const { sweeper, tools, active } = await bench(looping('p'));
  const end = await sweeper.run('c', tools, 'kind-shop', active, signal);
  expect(end.report.findings.map((one) => one.faultId)).toEqual(active.map((one) => one.faultId));
  expect(end.report.observations.map((one) => one.observation)).toEqual(['active']);
  const fresh = await sweeper.run('c', tools, 'kind-shop', [], signal);
  expect(fresh.report.findings.map((one) => one.faultId)).not.toEqual(active.map((one) => one.faultId));
});
