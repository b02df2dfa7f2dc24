import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileMatchers,
  type MatchedFault,
  matchersMistake,
  matcherText,
  parseMatchers,
} from '../../../src/domain/silence/matchers.ts';
import { matchOperators } from '../../../src/domain/fault.ts';
import { owner, signal } from '../../support/signals.ts';

const fault = (change: Partial<MatchedFault> = {}): MatchedFault => ({
  ...signal(),
  family: 'workload',
  owner: owner('api'),
  environment: 'production',
  labels: { team: 'payments' },
  ...change,
});

const fits = (text: string, given = fault()): boolean => compileMatchers(parseMatchers(text))(given);

describe('INT-3: matchers in the syntax of Alertmanager', () => {
  test.each([
    ['cluster=prod', true],
    ['cluster="prod"', true],
    [' cluster = "prod" ', true],
    ['cluster=pro', false],
    ['cluster!=prod', false],
    ['cluster=~pro.', true],
    ['cluster=~"pro"', false],
    ['cluster!~"eu-.*"', true],
    ['environment=production', true],
    ['namespace=payments', true],
    ['kind=Pod', true],
    ['kind=pod', true],
    ['kind=~"po.*"', true],
    ['kind!=pod', false],
    ['name=~"api-.*-x1"', true],
    ['fault_type=CrashLoop', true],
    ['family=workload', true],
    ['severity=critical', true],
    ['owner=api', true],
    ['owner=Deployment/payments/api', true],
    ['owner=deployment/payments/api', true],
    ['owner=~"Deployment/.*/api"', true],
    ['owner=payments/api', false],
    ['owner!=api', false],
    ['owner!=Deployment/payments/api', false],
    ['owner!~"Stateful.*"', true],
    ['team=payments', true],
    ['team=~"pay.*|shop"', true],
    ['squad=""', true],
    ['squad!=x', true],
    ['{cluster="prod",namespace="payments"}', true],
    ['cluster=prod, namespace=shop', false],
    ['{cluster="prod",}', true],
    ['name="a\\"b"', false],
    [String.raw`name=~api-\d\w+-x\d`, true],
    [String.raw`name=~"api-\d\w{3}-x\d"`, true],
  ])('%s is %s', (text, expected) => {
    expect(fits(text)).toBe(expected);
  });

  test('objects without a namespace have an empty one, and so have clusters without an environment', () => {
    const node = fault({
      resource: { kind: 'Node', namespace: null, name: 'n1' },
      owner: { kind: 'Node', namespace: null, name: 'n1' },
      environment: null,
    });
    expect(fits('namespace="", owner=Node//n1, environment=""', node)).toBe(true);
    expect(fits('namespace=~".+"', node)).toBe(false);
  });

  test('a label is not mistaken for what every object has', () => {
    expect(fits('constructor=""')).toBe(true);
    expect(fits('toString=~".+"')).toBe(false);
  });

  test('quoted names and values come back from their text', () => {
    const name = fc.oneof(
      fc.constantFrom('cluster', 'team', 'app.kubernetes.io/name'),
      fc.string({ minLength: 1, maxLength: 9 }),
    );
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('=' as const, '!=' as const),
        fc.string({ maxLength: 12 }),
        (name, operator, value) => {
          const text = matcherText({ name, operator, value });
          if (/^(severity|family)$/.test(name) || name.includes('"') || name.includes('\\') || name.includes('\n'))
            return;
          expect(parseMatchers(text)).toEqual([{ name, operator, value }]);
        },
      ),
    );
    expect(matchOperators).toHaveLength(4);
  });
});

test.each([
  ['cluster', 'has none of =, !=, =~ and !~'],
  ['=prod', 'has no name'],
  ['cluster=', 'has no value after cluster= (an empty one is "")'],
  ['cluster=a namespace=b', 'where it should end'],
  ['cluster==prod', 'has no value'],
  ['{cluster="prod"', 'one brace of two'],
  ['cluster="prod', 'has no value'],
  ['cluster=~"("', 'missing closing )'],
  ['name=~"(?=a)b"', 'Perl syntax'],
  ['severity=hihg', 'severity is "hihg", and there is info, warning, critical'],
  ['family!=pods', 'and there is workload'],
  ['', 'has no name'],
  ['x'.repeat(2001), 'characters'],
])('%# a matcher that is none is refused in a sentence', (text, reason) => {
  expect(() => parseMatchers(text)).toThrow(reason);
});

test('INT-3: what fits everything is no silence', () => {
  const mistake = (text: string) => matchersMistake(parseMatchers(text));
  expect(mistake('cluster=~".*"')).toContain('fits everything');
  expect(mistake('team!=payments')).toContain('fits everything');
  expect(mistake('cluster=~".*", namespace=dev')).toBeNull();
  expect(mistake('cluster=~".+"')).toBeNull();
  expect(matchersMistake([])).toBe('there is no matcher');
  expect(matchersMistake(Array.from({ length: 21 }, () => parseMatchers('a=b')).flat())).toContain('21 matchers');
});
