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

test.each([
  [{ can_get_pods: false }, 'pods'],
  [{ can_get_logs: false }, 'pods/log'],
  [{ can_get_events: false }, 'events'],
  [{ can_get_pods: false, can_get_logs: false, can_get_events: false }, 'pods, pods/log, events'],
  [{ can_get_pods: null, can_get_logs: false, can_get_events: null }, 'pods/log'],
  [{}, 'what triage needs'],
])('PER-1: %j: the reason names what was denied, and not what is unknown', (answers, named) => {
  const snapshot = { ...met, can_write: [], minimum_met: false, ...answers };
  expect(clusterPolicy(settings, snapshot).triageDisabledReason).toBe(
    `permissions: the credential cannot read ${named}`,
  );
});

test.each(['can_get_deployments', 'can_get_services', 'can_get_nodes', 'can_get_secrets', 'can_get_configmaps'])(
  'PER-1: without %s triage goes on with what it can read',
  (key) => {
    expect(clusterPolicy(settings, { ...met, [key]: false }).triageEnabled).toBe(true);
  },
);

test('PER-2: what is denied is a better reason than what is allowed too much', () => {
  const both = { ...denied, can_write: ['delete pods'] };
  expect(clusterPolicy({ ...settings, requireReadOnly: true }, both).triageDisabledReason).toMatch(/cannot read/);
  expect(clusterPolicy({ ...settings, requireReadOnly: true }, { ...met, can_write: [] }).triageEnabled).toBe(true);
});

test('INT-3: threshold, environment and labels are those of the configuration, whatever the permissions are', () => {
  for (const snapshot of [null, unknown, met, denied]) {
    expect(clusterPolicy(settings, snapshot)).toMatchObject({
      environment: 'production',
      labels: { team: 'a' },
      severityThreshold: 'warning',
    });
  }
});
