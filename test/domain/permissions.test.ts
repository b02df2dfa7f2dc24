import { expect, test } from 'vitest';
import { clusterPolicy } from '../../src/domain/cluster-policy.ts';
import { unknownPermissions } from '../../src/domain/permissions.ts';

const at = Date.UTC(2026, 10, 20, 9);
const settings = {
  environment: null,
  labels: {},
  severityThreshold: 'info',
  triageEnabled: true,
  requireReadOnly: true,
} as const;

test('PER-1: what nobody answered is unknown, and not no', () => {
  const snapshot = unknownPermissions('east', at, 'no kubectl', true);
  const answers = Object.entries(snapshot).filter(([key]) => key.startsWith('can_get_') || key === 'minimum_met');
  expect(answers).toHaveLength(9);
  expect(answers.filter(([, answer]) => answer !== null)).toEqual([]);
  expect(snapshot.can_write).toEqual([]);
});

test('PER-4: it says whose it is, when it was asked, what was allowed and what went wrong', () => {
  expect(unknownPermissions('east', at, 'no kubectl', true)).toMatchObject({
    cluster_name: 'east',
    validated_at: '2026-11-20T09:00:00.000Z',
    secrets_access_allowed: true,
    error: 'no kubectl',
    warnings: ['permissions are unknown: no kubectl'],
  });
  expect(unknownPermissions('east', at, 'x', false).secrets_access_allowed).toBe(false);
});

test('PER-1: it turns triage off by nothing', () => {
  const policy = clusterPolicy(settings, unknownPermissions('east', at, 'time out', false));
  expect(policy).toMatchObject({ triageEnabled: true, triageDisabledReason: null });
});
