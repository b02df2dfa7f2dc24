import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultSignal } from '../../../src/cluster/connection/fault-message.ts';
import { faultOf } from '../../support/raw-mcp-server.ts';

const at = Date.UTC(2026, 10, 21, 0, 0, 0);

test('CON-2: recorded faults become signals of the configured cluster', () => {
  const file = path.join(import.meta.dirname, '../../fixtures/wire/push-session.jsonl');
  const notifications = readFileSync(file, 'utf8').match(
    /\{\\"jsonrpc\\":\\"2\.0\\",\\"method\\":\\"notifications.*?\\n\\n/g,
  );
  const signals = (notifications ?? []).map((text) => {
    const message = JSON.parse(JSON.parse(`"${text.replace(/\\n\\n$/, '')}"`) as string) as {
      params: { data: unknown };
    };
    return faultSignal('prod', message.params.data, at);
  });
  expect(signals).toHaveLength(5);
  expect(signals[0]).toEqual({
    cluster: 'prod',
    source: 'push',
    faultId: 'c5071ad16a1109bc',
    faultType: 'PodCrash',
    severity: 'warning',
    resource: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: 'api-7cbbf95f8c-p4fn2',
      uid: '92748a2c-6df1-4e9d-9ee2-8317ee54ef0f',
    },
    container: '',
    context: 'Container crashed with exit code 2, reason: Error',
    at: Date.UTC(2026, 10, 20, 22, 32, 43),
    since: null,
    family: null,
    restarts: null,
  });
  expect(signals[1]).toMatchObject({ faultType: 'CrashLoop', restarts: 4 });
  expect(signals[2]).toMatchObject({ faultType: 'NodeUnhealthy', resource: { kind: 'Node', namespace: null } });
});

test('the cluster that the payload names is never looked at', () => {
  expect(faultSignal('prod', faultOf('1', { cluster: 'staging' }), at).cluster).toBe('prod');
});

test('an unknown fault type is kept; its severity is what the server says, or the default', () => {
  expect(faultSignal('prod', faultOf('1', { faultType: 'VolcanoErupted', severity: 'critical' }), at)).toMatchObject({
    faultType: 'VolcanoErupted',
    severity: 'critical',
  });
  expect(faultSignal('prod', faultOf('1', { faultType: 'VolcanoErupted', severity: 'apocalyptic' }), at)).toMatchObject(
    {
      severity: 'warning',
    },
  );
});

test.each([
  ['a fault without resource', { resource: undefined }, /resource/],
  ['a resource that is a text', { resource: 'pod/x' }, /resource/],
  ['a resource without name', { resource: { kind: 'Pod' } }, /resource\.name/],
  ['a name of nothing printable', { resource: { kind: 'Pod', name: '\u0007\u001b\u202e' } }, /no usable/],
  ['no fault id', { faultId: '' }, /faultId/],
  ['a fault id that is a number', { faultId: 7 }, /faultId/],
  ['no fault type', { faultType: null }, /faultType/],
])('INT-5: %s is invalid, with the reason', (_name, changes, reason) => {
  const signal = faultSignal('prod', faultOf('1', changes), at);
  expect(signal).toMatchObject({ cluster: 'prod', source: 'push', at, reason: expect.stringMatching(reason) });
  expect(signal).toHaveProperty('excerpt');
});

test.each([null, 7, 'text', [], [1], {}, { faultId: {} }])('INT-5: data of %j is invalid', (data) => {
  expect(faultSignal('prod', data, at)).toHaveProperty('reason');
});

test('CON-6: foreign names are kept as data: printable and bounded', () => {
  const resource = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: '../../etc',
    name: '<script>\u0000\u001b[31m',
    uid: 'u',
  };
  expect(faultSignal('prod', faultOf('1', { resource }), at)).toMatchObject({
    resource: { namespace: '../../etc', name: '<script>\ufffd\ufffd[31m' },
  });
  const long = { ...resource, name: 'n'.repeat(5000) };
  const signal = faultSignal('prod', faultOf('1', { resource: long, context: 'c\n'.repeat(5000) }), at);
  expect('resource' in signal && signal.resource.name.length).toBe(300);
  expect('context' in signal && signal.context.length).toBeLessThanOrEqual(2000);
  const kept = faultSignal('prod', faultOf('1', { resource: { ...resource, name: 'n'.repeat(300) } }), at);
  expect('resource' in kept && kept.resource.name).toBe('n'.repeat(300));
});

test.each([
  ['of next year', '2027-11-20T22:32:43Z', at],
  ['that is none', 'yesterday', at],
  ['that is missing', undefined, at],
  ['before the epoch', '1890-01-01T00:00:00Z', at],
  ['with a zone', '2026-11-20T23:32:43+01:00', Date.UTC(2026, 10, 20, 22, 32, 43)],
])('a time %s', (_name, timestamp, expected) => {
  expect(faultSignal('prod', faultOf('1', { timestamp }), at)).toMatchObject({ at: expected });
});

test('CON-6: whatever comes, the result is bounded and belongs to the cluster', () => {
  fc.assert(
    fc.property(fc.anything(), fc.dictionary(fc.string(), fc.anything()), (data, changes) => {
      for (const one of [data, faultOf('1', changes)]) {
        const signal = faultSignal('prod', one, at);
        expect(signal.cluster).toBe('prod');
        expect(JSON.stringify(signal).length).toBeLessThan(20_000);
        expect(signal.at).toBeLessThanOrEqual(at);
      }
    }),
  );
});
