import { expect, test } from 'vitest';
import { failureReasons } from '../../../src/cluster/connection/reaction.ts';
import { reactToEnd, watchEnds } from '../../../src/cluster/watch/reaction.ts';
import { ReadError, type ReadFailure } from '../../../src/kube/cluster-reader.ts';
import { failureOfStatus } from '../../../src/kube/read/api-request.ts';

const answered = (status: number, message = `${status}: no`): ReadError =>
  new ReadError(failureOfStatus(status), message, { status });

test.each<[number, string, string, string]>([
  [400, 'relist', 'garbage', 'NC-WATCH-005'],
  [401, 'resume', 'unauthorized', 'NC-WATCH-003'],
  [403, 'leave', 'forbidden', 'NC-WATCH-004'],
  [404, 'leave', 'unsupported', 'NC-WATCH-005'],
  [405, 'leave', 'unsupported', 'NC-WATCH-005'],
  [410, 'relist', 'expired', 'NC-WATCH-006'],
  [429, 'resume', 'rate_limited', 'NC-WATCH-006'],
  [500, 'resume', 'server_error', 'NC-WATCH-006'],
  [503, 'resume', 'server_error', 'NC-WATCH-006'],
])('CON-8: HTTP %i', (status, action, end, code) => {
  const { problem, ...reaction } = reactToEnd(answered(status));
  expect({ ...reaction, code: problem.code }).toEqual({ action, end, code });
});

test('CON-8: a version that the server has not reached yet is forgotten: it was set back', () => {
  expect(reactToEnd(answered(504, '504: Timeout: Too large resource version: 90, current: 12')).action).toBe('relist');
  expect(reactToEnd(answered(504)).action).toBe('resume');
});

test.each<[ReadFailure, string]>([
  ['unreachable', 'resume'],
  ['timeout', 'resume'],
  ['unauthorized', 'resume'],
  ['invalid', 'relist'],
  ['too_large', 'relist'],
])('CON-8: without an answer: %s', (failure, action) => {
  expect(reactToEnd(new ReadError(failure, 'x')).action).toBe(action);
});

test('CON-8: each reason can be the reason of a connection, too', () => {
  expect(watchEnds.filter((end) => !(failureReasons as readonly string[]).includes(end))).toEqual([]);
});
