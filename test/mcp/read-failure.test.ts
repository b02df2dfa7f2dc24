import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/kube/cluster-reader.ts';
import { readFailure } from '../../src/mcp/read-failure.ts';

describe('a read that gave no answer', () => {
  test('K8S-3: the rule that is missing is written as it has to be added', () => {
    const said =
      '403: deployments.apps is forbidden: User "x" cannot list resource "deployments" in API group "apps" at the cluster scope';
    const error = readFailure(new ReadError('forbidden', said, { status: 403 }));
    expect(error).toMatchObject({ code: 'forbidden', retryable: false });
    expect(error.fix.steps[0]).toContain('{apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"]}');
  });

  test.each([
    ['unauthorized', 401, 'unauthenticated', false],
    ['unreachable', null, 'upstream_unavailable', true],
    ['timeout', null, 'timeout', true],
    ['too_large', null, 'too_large', false],
    ['unsupported', 404, 'not_installed', false],
    ['invalid', 410, 'conflict', true],
  ] as const)('%s with status %s is %s', (failure, status, code, retryable) => {
    const options = status === null ? {} : { status };
    const error = readFailure(new ReadError(failure, 'it said no', { ...options, retryAfterMs: 1500 }));
    expect(error).toMatchObject({ code, retryable });
    expect(error.fix.steps[0]).not.toBe('');
  });
});
