import { describe, expect, test } from 'vitest';
import {
  canRead,
  minimumQuestions,
  parseReviews,
  type PermissionQuestion,
  questionText,
  reviewList,
  reviewQuestions,
  writeQuestions,
} from '../../../src/cluster/permissions/questions.ts';

const question = (verb: string, resource: string, extra: Partial<PermissionQuestion> = {}): PermissionQuestion => ({
  verb,
  resource,
  group: '',
  subresource: '',
  ...extra,
});
const review = (verb: string, resource: string, allowed: unknown, extra: object = {}): string =>
  JSON.stringify({ spec: { resourceAttributes: { verb, resource, ...extra } }, status: { allowed } });

describe('PER-1: what is asked', () => {
  test.each<[PermissionQuestion, string]>([
    [question('delete', 'pods'), 'delete pods'],
    [question('patch', 'deployments', { group: 'apps' }), 'patch deployments.apps'],
    [question('create', 'pods', { subresource: 'exec' }), 'create pods/exec'],
    [question('get', 'a', { group: 'b', subresource: 'c' }), 'get a.b/c'],
  ])('%j is written %s', (asked, text) => expect(questionText(asked)).toBe(text));

  test('logs are asked as a subresource: pods/log would be a pod of that name', () => {
    expect(minimumQuestions.can_get_logs.args).toEqual(['get', 'pods', '--subresource=log']);
  });

  test('PER-2: the ways in which a credential could write, and nothing twice', () => {
    const texts = writeQuestions.map(questionText);
    expect(texts).toEqual(
      expect.arrayContaining([
        'create pods',
        'delete secrets',
        'patch configmaps',
        'update deployments.apps',
        'create pods/exec',
        'impersonate users',
        'bind clusterroles.rbac.authorization.k8s.io',
        'escalate clusterroles.rbac.authorization.k8s.io',
      ]),
    );
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toHaveLength(20);
  });

  test('one process asks everything, and its answers come back by what was asked', () => {
    const list = JSON.parse(reviewList()) as { kind: string; items: { kind: string; spec: object }[] };
    expect([list.kind, list.items.length]).toEqual(['List', reviewQuestions.length]);
    expect(new Set(list.items.map((one) => one.kind))).toEqual(new Set(['SelfSubjectAccessReview']));
    const output = list.items.map((one) => JSON.stringify({ ...one, status: { allowed: true } })).join('\n');
    expect([...parseReviews(output).keys()]).toEqual(reviewQuestions.map(questionText));
  });
});

describe('PER-1: what is answered', () => {
  test.each<[string, string, [string, boolean][]]>([
    [
      'a stream of objects',
      `${review('get', 'pods', true)}\n${review('list', 'pods', false)}`,
      [
        ['get pods', true],
        ['list pods', false],
      ],
    ],
    ['warnings between them', `Warning: old\n${review('get', 'pods', true)} bye`, [['get pods', true]]],
    ['braces and quotes in texts', review('get', 'pods', true, { name: '}{"\\' }), [['get pods', true]]],
    [
      'a group and a subresource',
      review('create', 'pods', true, { group: 'g', subresource: 'exec' }),
      [['create pods.g/exec', true]],
    ],
    ['an answer that is no boolean', review('get', 'pods', 'yes'), []],
    ['no status', '{"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}', []],
    ['no question', '{"status": {"allowed": true}}', []],
    ['broken JSON', '{"spec": nonsense}', []],
    ['an object that never ends', '{"spec": {', []],
    ['nothing', '', []],
  ])('%s', (_, output, expected) => expect([...parseReviews(output)]).toEqual(expected));

  test.each<[boolean | undefined, boolean | undefined, boolean | null]>([
    [true, true, true],
    [true, false, false],
    [false, undefined, false],
    [undefined, false, false],
    [true, undefined, null],
    [undefined, undefined, null],
  ])('get %s and list %s is %s: no answer is not a no', (get, list, expected) => {
    const answers = new Map<string, boolean>();
    if (get !== undefined) answers.set('get deployments.apps', get);
    if (list !== undefined) answers.set('list deployments.apps', list);
    expect(canRead('can_get_deployments', answers)).toBe(expected);
  });
});
