import { expect, test } from 'vitest';
import { matchRunbooks, type Runbook, type RunbookMatch } from '../../../src/domain/decide/match-runbooks.ts';
import { sampleFault, sampleIncident } from '../../support/incident-samples.ts';

const nothing: RunbookMatch = { faultTypes: [], kinds: [], namespaces: [], clusters: [], labels: {} };
const runbook = (path: string, match: Partial<RunbookMatch>): Runbook => {
  return { path, title: path, text: '', match: { ...nothing, ...match } };
};
const fitting = (runbooks: readonly Runbook[]): string[] =>
  matchRunbooks(runbooks, sampleIncident(), [sampleFault()]).map(({ path }) => path);

test.each<[string, Partial<RunbookMatch>, boolean]>([
  ['the type of a fault', { faultTypes: ['CrashLoop'] }, true],
  ['one of several types', { faultTypes: ['ImagePull', 'crashloop'] }, true],
  ['another type', { faultTypes: ['ImagePull'] }, false],
  ['the kind of the owner', { kinds: ['deployment'] }, true],
  ['the kind of the object', { kinds: ['Pod'] }, true],
  ['another kind', { kinds: ['Node'] }, false],
  ['a namespace', { namespaces: ['payments'] }, true],
  ['a pattern', { namespaces: ['pay*'], clusters: ['*-eu'] }, true],
  ['a pattern that fits nothing', { namespaces: ['pay*x'] }, false],
  ['a pattern whose parts overlap', { namespaces: ['payments*s'] }, false],
  ['a part of a name', { namespaces: ['pay'] }, false],
  ['a label', { labels: { team: ['payments'] } }, true],
  ['a label of another value', { labels: { team: ['shop'] } }, false],
  ['a label that is not there', { labels: { tier: ['*'] } }, false],
  ['a label that every object has', { labels: { constructor: ['*'] } }, false],
  ['everything at once', { faultTypes: ['CrashLoop'], kinds: ['Pod'], clusters: ['prod-eu'] }, true],
  ['all but one', { faultTypes: ['CrashLoop'], kinds: ['Pod'], clusters: ['prod-us'] }, false],
])('TRI-5: a runbook for %s', (_name, match, expected) => {
  expect(fitting([runbook('a', match)])).toEqual(expected ? ['a'] : []);
});

test('TRI-5: the one that asks for most comes first, and five are enough', () => {
  const few = Array.from({ length: 9 }, (_, index) => runbook(`few-${index}`, { kinds: ['Pod'] }));
  const most = runbook('z-most', { kinds: ['Pod'], clusters: ['prod-eu'], labels: { team: ['payments'] } });
  expect(fitting([...few, most])).toEqual(['z-most', 'few-0', 'few-1', 'few-2', 'few-3']);
});

test('TRI-5: a pattern of many parts takes no long time', () => {
  const many = '*a'.repeat(5000);
  const incident = sampleIncident({ cluster: 'a'.repeat(5000) });
  expect(matchRunbooks([runbook('a', { clusters: [`${many}b`] })], incident, [])).toEqual([]);
});
