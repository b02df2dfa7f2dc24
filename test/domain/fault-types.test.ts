import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { families, type Family, type Severity } from '../../src/domain/fault.ts';
import {
  defaultSeverity,
  familyOf,
  joinsAnyFamily,
  type KnownFaultType,
  knownFaultTypes,
} from '../../src/domain/fault-types.ts';

/** Family and severity of each fault type, and whether it only follows from others. */
const table: Record<KnownFaultType, readonly [Family, Severity, 'cause' | 'follows']> = {
  PodCrash: ['workload', 'warning', 'cause'],
  CrashLoop: ['workload', 'critical', 'cause'],
  NodeUnhealthy: ['node', 'critical', 'cause'],
  DeploymentFailure: ['workload', 'critical', 'follows'],
  JobFailure: ['job', 'critical', 'cause'],
  InitCrash: ['workload', 'warning', 'cause'],
  ImagePull: ['image', 'warning', 'cause'],
  ConfigError: ['config', 'warning', 'cause'],
  Unschedulable: ['scheduling', 'warning', 'cause'],
  MountFailed: ['storage', 'warning', 'cause'],
  PodFailed: ['workload', 'warning', 'cause'],
  Evicted: ['node', 'warning', 'cause'],
  NodePressure: ['node', 'warning', 'cause'],
  StatefulSetStalled: ['workload', 'critical', 'follows'],
  DaemonSetIncomplete: ['workload', 'warning', 'follows'],
  ClaimPending: ['storage', 'warning', 'cause'],
  CreateFailed: ['admission', 'warning', 'follows'],
  ServiceWithoutEndpoints: ['network', 'warning', 'follows'],
  BackendMissing: ['network', 'warning', 'cause'],
  ScalingInactive: ['workload', 'warning', 'cause'],
  Stuck: ['workload', 'warning', 'cause'],
  WarningEvent: ['workload', 'info', 'follows'],
  PodNotReady: ['workload', 'warning', 'follows'],
};

describe.each(knownFaultTypes.map((type) => [type, ...table[type]] as const))(
  'INT-2: %s',
  (type, family, severity, is) => {
    test(`is of the family ${family}`, () => {
      expect(familyOf(type)).toBe(family);
    });

    test(`is ${severity} unless its source says otherwise`, () => {
      expect(defaultSeverity(type)).toBe(severity);
    });

    test(`is a ${is === 'cause' ? 'cause of its own' : 'consequence, which joins any incident of its owner'}`, () => {
      expect(joinsAnyFamily(type)).toBe(is === 'follows');
    });
  },
);

test.each(['SomethingNew', '', 'constructor', '__proto__', 'toString'])(
  'INT-2: an unknown type %j is a warning of the workload',
  (type) => {
    expect(families).toContain(familyOf(type));
    expect(familyOf(type)).toBe('workload');
    expect(defaultSeverity(type)).toBe('warning');
    expect(joinsAnyFamily(type)).toBe(false);
  },
);

test('the page about faults says of every type what it says', () => {
  const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'faults.md'), 'utf8');
  const table = page.split('## What each type says\n')[1]?.split('\n## ')[0] ?? '';
  const explained = [...table.matchAll(/^\| `(\w+)` +\| /gm)].map(([, type]) => type);
  expect(new Set(explained)).toEqual(new Set(knownFaultTypes));
});
