import { expect, test } from 'vitest';
import { clusterPolicy, type ClusterSettings } from '../../src/domain/cluster-policy.ts';
import { type PermissionSnapshot, unknownPermissions } from '../../src/domain/permissions.ts';

const settings: ClusterSettings = {
  environment: 'production',
  labels: { team: 'a' },
  severityThreshold: 'warning',
  triageEnabled: true,
  requireReadOnly: false,
};

const unknown = unknownPermissions('prod', 0, 'no kubectl', false);
const met: PermissionSnapshot = {
  ...unknown,
  minimum_met: true,
  error: null,
  can_write: ['delete pods', 'create pods/exec'],
};
const denied: PermissionSnapshot = {
  ...unknown,
  minimum_met: false,
  can_get_pods: true,
  can_get_logs: false,
  can_get_events: false,
};

test('PER-1: only an answered no turns triage off, and says what cannot be read', () => {
  expect(clusterPolicy(settings, null)).toMatchObject({ triageEnabled: true, triageDisabledReason: null });
  expect(clusterPolicy(settings, unknown).triageEnabled).toBe(true);
  expect(clusterPolicy(settings, met).triageEnabled).toBe(true);
  expect(clusterPolicy(settings, denied)).toMatchObject({
    triageEnabled: false,
    triageDisabledReason: 'permissions: the credential cannot read pods/log, events',
  });
});

test('PER-2: with require_read_only a credential that can write is refused', () => {
  expect(clusterPolicy({ ...settings, requireReadOnly: true }, met)).toMatchObject({
    triageEnabled: false,
    triageDisabledReason: 'permissions.require_read_only: the credential can delete pods, create pods/exec',
  });
  expect(clusterPolicy({ ...settings, requireReadOnly: true }, unknown).triageEnabled).toBe(true);
});

test('TRI-9: triage.enabled false is the first reason', () => {
  expect(clusterPolicy({ ...settings, triageEnabled: false }, denied)).toEqual({
    environment: 'production',
    labels: { team: 'a' },
    severityThreshold: 'warning',
    triageEnabled: false,
    triageDisabledReason: 'triage.enabled: false',
  });
});
