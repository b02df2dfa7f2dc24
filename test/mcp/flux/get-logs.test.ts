import { expect, test } from 'vitest';
import { type KubeObject, type LogOptions, ReadError } from '../../../src/kube/cluster-reader.ts';
import { callTool } from '../../support/call-tool.ts';
import { fluxInMemory, fluxTools, installFlux, recordedLog } from '../../support/flux.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

/** A cluster in memory that keeps how its logs were asked for. */
class LogReader extends ObjectsReader {
  readonly asked: LogOptions[] = [];
  knowsTimes = true;

  override async logs(...args: Parameters<ObjectsReader['logs']>): Promise<string | null> {
    this.asked.push(args[3]);
    if (!this.knowsTimes && args[3].sinceSeconds !== undefined) throw new ReadError('unsupported', 'no times');
    return super.logs(...args);
  }
}

function pod(name: string, namespace: string, component: string, fields: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: component }, creationTimestamp: '2026-11-20T23:00:00Z' },
    spec: { containers: [{ name: 'manager' }, { name: 'proxy' }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
    ...fields,
  };
}

const line = (second: number, msg: string, fields: Record<string, unknown> = {}): string =>
  JSON.stringify({ level: 'info', ts: `2026-11-20T23:09:${String(second).padStart(2, '0')}.000Z`, msg, ...fields });

function withLogs(logs: Readonly<Record<string, string>>, component = 'kustomize-controller'): LogReader {
  const reader = new LogReader();
  installFlux(reader);
  for (const [name, text] of Object.entries(logs)) {
    reader.put(pod(name, 'flux-system', component));
    reader.setLog('flux-system', name, 'manager', text);
  }
  return reader;
}

interface Log {
  readonly pod: string;
  readonly items: readonly { readonly msg: string }[];
  readonly raw_lines: readonly string[];
  readonly truncated: boolean;
}

async function logsOf(reader: ObjectsReader, args: Record<string, unknown> = {}): Promise<Log> {
  return (await callTool(fluxTools(reader), 'get_flux_logs', args)) as unknown as Log;
}

test('the newest lines of the controller, as fields (FLX-8)', async () => {
  const log = await logsOf(fluxInMemory(), { tail: 3 });
  const last = recordedLog.trimEnd().split('\n').slice(-3);
  expect(log).toMatchObject({
    namespace: 'flux-system',
    pod: 'kustomize-controller-0',
    container: 'manager',
    truncated: true,
  });
  expect(log.items.map(({ msg }) => msg)).toEqual(last.map((one) => (JSON.parse(one) as { msg: string }).msg));
});

test('a filter searches more lines than it gives, and says when more were found (FLX-8)', async () => {
  const text = Array.from({ length: 60 }, (_, at) => line(at, `m${at}`, at % 2 === 0 ? { level: 'error' } : {})).join(
    '\n',
  );
  const reader = withLogs({ 'kustomize-controller-0': `${text}\npanic: x\n` });
  const log = await logsOf(reader, { tail: 2, level: 'error' });
  expect(log.items.map(({ msg }) => msg)).toEqual(['m56', 'm58']);
  expect(log.raw_lines).toEqual(['panic: x']);
  expect(log).toMatchObject({ truncated: true, truncated_reason: '30 lines were found; a larger tail shows more' });
  expect(reader.asked[0]).toMatchObject({ tailLines: 5000, previous: false });
});

test('since asks for less and cuts what a reader gives all the same', async () => {
  const reader = withLogs({ 'kustomize-controller-0': [line(5, 'old'), line(40, 'new')].join('\n') });
  const log = await logsOf(reader, { since: '30s' });
  expect(log.items.map(({ msg }) => msg)).toEqual(['new']);
  expect(reader.asked[0]).toMatchObject({ sinceSeconds: 30, tailLines: 50 });
  const timeless = withLogs({ 'kustomize-controller-0': [line(5, 'old'), line(40, 'new')].join('\n') });
  timeless.knowsTimes = false;
  expect((await logsOf(timeless, { since: '30s' })).items.map(({ msg }) => msg)).toEqual(['new']);
});

test('several pods are one log by time; the ready one is named first', async () => {
  const reader = withLogs({
    'kustomize-controller-a': line(1, 'a1'),
    'kustomize-controller-b': `${line(0, 'b0')}\n${line(2, 'b2')}`,
  });
  reader.put(
    pod('kustomize-controller-a', 'flux-system', 'kustomize-controller', {
      status: { conditions: [{ type: 'Ready', status: 'False' }] },
    }),
  );
  const log = await logsOf(reader);
  expect(log).toMatchObject({ pod: 'kustomize-controller-b', other_pods: ['kustomize-controller-a'] });
  expect(log.items.map(({ msg }) => msg)).toEqual(['b0', 'a1', 'b2']);
});

test('a controller outside of flux-system is found by its label', async () => {
  const reader = new LogReader();
  installFlux(reader);
  reader.put(pod('helm-controller-0', 'gitops', 'helm-controller'));
  reader.setLog('gitops', 'helm-controller-0', 'manager', line(0, 'x'));
  expect(await logsOf(reader, { component: 'helm-controller' })).toMatchObject({
    namespace: 'gitops',
    items: [{ msg: 'x' }],
  });
});

test('no pod, no such container, no Flux: three errors with a way out (FLX-10)', async () => {
  const reader = withLogs({ 'kustomize-controller-0': line(0, 'x') });
  await expect(logsOf(reader, { component: 'source-watcher' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(logsOf(reader, { container: 'main' })).rejects.toMatchObject({
    code: 'not_found',
    fix: { steps: ['Give one of its containers as container: manager, proxy.'] },
  });
  await expect(logsOf(reader, { container: 'proxy' })).rejects.toMatchObject({
    fix: { steps: [expect.stringContaining('has not started')] },
  });
  await expect(logsOf(reader, { component: 'etcd' })).rejects.toThrow(/component/);
});

test('a log that fills its limit is asked for again with fewer lines: it lacks its newest', async () => {
  // 3,000 lines of 4 KiB; kubelets cut at the end.
  const long = Array.from({ length: 3000 }, (_, at) =>
    line(at % 60, `${at} ${'x'.repeat(4000)}`, { level: 'error' }),
  ).join('\n');
  const reader = withLogs({ 'kustomize-controller-0': long });
  const log = await logsOf(reader, { tail: 1, level: 'error' });
  expect(log.items[0]?.msg).toMatch(/^2999 /);
  expect(reader.asked.length).toBeGreaterThan(1);
});
