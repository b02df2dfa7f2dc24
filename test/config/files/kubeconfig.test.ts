import { describe, expect, test } from 'vitest';
import { kubeconfigNames } from '../../../src/config/files/kubeconfig.ts';
import { kubeconfigText } from '../../support/config-dir.ts';

test('CFG-1: gives the names of a kubeconfig, of YAML and JSON alike, and no credential', () => {
  const names = kubeconfigNames(kubeconfigText('main', 'other'));
  expect(names).toEqual({
    contexts: [
      { name: 'main', cluster: 'c', user: 'u' },
      { name: 'other', cluster: 'c', user: 'u' },
    ],
    clusters: ['c'],
    users: ['u'],
    currentContext: 'main',
  });
  expect(JSON.stringify(names)).not.toContain('canary');
  const yaml =
    'clusters: [{name: c}]\ncontexts:\n- name: m\n  context: {cluster: c, user: u, namespace: x}\nusers: []\n';
  expect(kubeconfigNames(yaml)).toEqual({
    contexts: [{ name: 'm', cluster: 'c', user: 'u' }],
    clusters: ['c'],
    users: [],
    currentContext: null,
  });
});

describe('what kubectl takes, too', () => {
  const taken: [name: string, text: string, current: string | null][] = [
    ['no users at all', 'clusters: []\ncontexts: []\n', null],
    ['an empty current-context', 'clusters: []\ncontexts: []\ncurrent-context: ""\n', null],
    ['lists that are null', 'clusters: null\ncontexts: null\ncurrent-context: a\n', 'a'],
  ];
  test.each(taken)('CFG-1: %s', (_, text, current) => {
    expect(kubeconfigNames(text)).toEqual({ contexts: [], clusters: [], users: [], currentContext: current });
  });

  test('CFG-1: entries without a name, and a context without a cluster, do no harm', () => {
    const text = 'clusters: [{name: c}, {}, x, null]\ncontexts: [{name: m}, {name: 7}, {context: {cluster: c}}]\n';
    expect(kubeconfigNames(text)).toMatchObject({
      clusters: ['c'],
      contexts: [{ name: 'm', cluster: '', user: '' }],
    });
  });
});

describe('what is none', () => {
  const wrong: [name: string, text: string, message: string][] = [
    ['nothing', '', 'it is not a kubeconfig: clusters and contexts are missing'],
    ['a text', 'secret-canary', 'it is not a kubeconfig: clusters and contexts are missing'],
    ['a list', '- secret-canary', 'it is not a kubeconfig: clusters and contexts are missing'],
    ['another object', 'kind: Pod', 'it is not a kubeconfig: clusters and contexts are missing'],
    ['broken YAML', 'users: [{token: secret-canary', 'it is not valid YAML'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'it is not valid YAML'],
    ['a YAML bomb', bomb(), 'it is not valid YAML'],
  ];
  test.each(wrong)('CFG-2 UX-7: %s is one sentence that shows nothing of the file', (_, text, message) => {
    expect(() => kubeconfigNames(text)).toThrow(new Error(message));
  });
});

function bomb(): string {
  const lines = Array.from({ length: 8 }, (_, at) => {
    const item = at === 0 ? 'x' : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array(10).fill(item).join(', ')}]`;
  });
  return `${lines.join('\n')}\n`;
}
