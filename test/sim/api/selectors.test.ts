import { expect, test } from 'vitest';
import { fieldTest, labelTest, SelectorError } from '../../../src/sim/api/selectors.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';

const labelled = (labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', labels },
});

test.each([
  ['', { app: 'a' }, true],
  ['app=a', { app: 'a' }, true],
  ['app==a', { app: 'b' }, false],
  ['app!=a', {}, true],
  ['app in (a, b)', { app: 'b' }, true],
  ['app notin (a,b)', { app: 'b' }, false],
  ['app notin (a,b)', {}, true],
  ['app', { app: '' }, true],
  ['!app', { app: '' }, false],
  ['app in (a,b),tier=web', { app: 'a', tier: 'db' }, false],
  ['app.kubernetes.io/name=x', { 'app.kubernetes.io/name': 'x' }, true],
  ['app=', { app: '' }, true],
])('labels: %j of %j is %s', (selector, labels, fits) => {
  expect(labelTest(selector)(labelled(labels))).toBe(fits);
});

const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'n' },
  type: 'Warning',
  involvedObject: { kind: 'Pod', name: 'p', uid: 'u' },
  source: { component: '' },
  reportingComponent: 'default-scheduler',
} as KubeObject;

test.each([
  ['type=Warning,involvedObject.kind=Pod', true],
  ['type!=Warning', false],
  ['involvedObject.uid=u', true],
  ['metadata.namespace=n', true],
  ['spec.nodeName=', true],
  ['source=default-scheduler', true],
  ['involvedObject=Pod', false],
])('fields: %j is %s', (selector, fits) => {
  expect(fieldTest(selector)(event)).toBe(fits);
});

test.each(['a b', 'in (a)', '=x'])('labels: %j is refused', (selector) => {
  expect(() => labelTest(selector)).toThrow(SelectorError);
});

test('fields: what is no requirement is refused', () => {
  expect(() => fieldTest('type')).toThrow("can't understand 'type'");
});
