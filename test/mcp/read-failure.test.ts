import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/kube/cluster-reader.ts';
import { asReadError, TeleportError, type TshFailureKind } from '../../src/teleport/errors.ts';
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

  test.each([
    ['not_installed', 'not_installed', false],
    ['not_logged_in', 'not_logged_in', false],
    ['expired', 'not_logged_in', false],
    ['unreachable', 'upstream_unavailable', true],
    ['access_denied', 'forbidden', false],
    ['unknown_node', 'upstream_unavailable', true],
    ['unknown_cluster', 'upstream_unavailable', true],
    ['incompatible', 'incompatible_version', false],
    ['remote', 'upstream_unavailable', true],
    ['timeout', 'timeout', true],
    ['too_large', 'too_large', false],
    ['failed', 'upstream_unavailable', true],
  ] as const satisfies readonly (readonly [TshFailureKind, string, boolean])[])(
    'TEL-6: what keeps Teleport from answering keeps its name over a read: %s is %s',
    (kind, code, retryable) => {
      const error = readFailure(asReadError(new TeleportError(kind, 'it said no', {})));
      expect(error).toMatchObject({ code, retryable, message: 'it said no' });
    },
  );
});
