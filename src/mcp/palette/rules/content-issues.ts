import { plural } from '../../../lib/text.ts';
import type { MachinePool } from '../api/shapes.ts';
import type { DiagnosedCluster, PaletteIssue } from './issue.ts';
import { resourceOf } from './health-issues.ts';
import { driftText } from './pack-drift.ts';
import { namedPools } from './pool-name.ts';

const eventsMs = 24 * 60 * 60_000;
const maxEventGroups = 10;
/** Share of the cluster that is used, or requested. */
const full = 0.9;
const idle = 0.15;

/** Machines that are not well, and a control plane of one. */
export function nodeIssues({ dashboard }: DiagnosedCluster): PaletteIssue[] {
  const pools = namedPools(dashboard.spec?.cloudConfig?.machinePools ?? []);
  return pools.flatMap(({ name, pool }): PaletteIssue[] => {
    const { size = 0, healthy = 0, isControlPlane = false, maintenanceMode = 0 } = pool;
    const issue = { category: 'nodes', resource: `pool/${name}`, evidence: [poolText(pool)] } as const;
    const missing = size - healthy - maintenanceMode;
    if (missing > 0) {
      const message = `${missing} of ${plural(size, 'machine')} ${missing === 1 ? 'is' : 'are'} not healthy.`;
      const recommendation = 'Look at the machines of the pool in Palette and their nodes in Kubernetes.';
      return [
        {
          ...issue,
          rule: 'machines-unhealthy',
          severity: isControlPlane ? 'critical' : 'warning',
          message,
          recommendation,
        },
      ];
    }
    if (maintenanceMode > 0) {
      const message = `${plural(maintenanceMode, 'machine')} in maintenance.`;
      return [
        {
          ...issue,
          rule: 'machines-in-maintenance',
          severity: 'info',
          message,
          recommendation: 'End the maintenance when it is done.',
        },
      ];
    }
    if (!isControlPlane || size !== 1) return [];
    const message = 'The control plane is one machine: its loss is that of the API.';
    return [
      {
        ...issue,
        rule: 'control-plane-single',
        severity: 'info',
        message,
        recommendation: 'Give the control plane three machines where that matters.',
      },
    ];
  });
}

function poolText({ size, healthy, maintenanceMode }: MachinePool): string {
  return `size ${size ?? 0}, healthy ${healthy ?? 0}, in maintenance ${maintenanceMode ?? 0}`;
}

/** Packs that are not deployed, or gone from their registry. */
export function packIssues({ whole, profiles }: DiagnosedCluster): PaletteIssue[] {
  const failing = (whole.status?.packs ?? []).filter(({ condition }) => condition?.status === 'False');
  const invalid = profiles.flatMap(({ packs }) => packs).filter(({ isInvalid }) => isInvalid === true);
  return [
    ...failing.map(({ name, version, condition }): PaletteIssue => ({
      rule: 'pack-failing',
      severity: 'warning',
      category: 'packs',
      resource: `pack/${name}`,
      message: `The pack ${name} ${version ?? ''} is not deployed: ${condition?.reason ?? condition?.type ?? 'no reason is given'}.`,
      evidence: condition?.message === undefined ? [] : [condition.message],
      recommendation: 'Correct the values of the pack in its profile, or what it needs in the cluster.',
    })),
    ...invalid.map(({ name, tag, inValidReason }): PaletteIssue => ({
      rule: 'pack-invalid',
      severity: 'warning',
      category: 'packs',
      resource: `pack/${name}`,
      message: `The pack ${name} ${tag ?? ''} is no longer valid: its version is gone from the registry.`,
      evidence: inValidReason === undefined ? [] : [inValidReason],
      recommendation: 'Take a version that palette_list_available_packs shows, before nodes are replaced.',
    })),
  ];
}

/** A cluster that is full, or mostly idle. */
export function capacityIssues({ dashboard }: DiagnosedCluster): PaletteIssue[] {
  const { cpu, memory } = dashboard.status?.metrics ?? {};
  const resource = resourceOf(dashboard);
  const shares = [
    { name: 'CPU', of: cpu },
    { name: 'memory', of: memory },
  ].flatMap(({ name, of }) =>
    of?.total ? [{ name, used: (of.usage ?? 0) / of.total, asked: (of.request ?? 0) / of.total }] : [],
  );
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const evidence = shares.map(({ name, used, asked }) => `${name}: ${percent(used)} used, ${percent(asked)} requested`);
  const issue = { category: 'capacity', resource, evidence } as const;
  const tight = shares.filter(({ used, asked }) => used >= full || asked >= full).map(({ name }) => name);
  if (tight.length > 0) {
    const message = `${tight.join(' and ')} of the cluster ${tight.length === 1 ? 'is' : 'are'} all but used up.`;
    return [
      {
        ...issue,
        rule: 'capacity-full',
        severity: 'warning',
        message,
        recommendation: 'Add machines, or lower what pods request.',
      },
    ];
  }
  if (shares.length < 2 || shares.some(({ used, asked }) => used >= idle || asked >= 2 * idle)) return [];
  const message = 'Most of the cluster is idle.';
  return [
    {
      ...issue,
      rule: 'capacity-idle',
      severity: 'info',
      message,
      recommendation: 'Take machines away; palette_get_cluster_cost says what they cost.',
    },
  ];
}

/** What Palette reported within a day, by reason and object. */
export function eventIssues({ dashboard, events, now }: DiagnosedCluster): PaletteIssue[] {
  const recent = events.filter(({ metadata, severity }) => {
    const at = Date.parse(metadata?.lastModifiedTimestamp ?? metadata?.creationTimestamp ?? '');
    return now - at <= eventsMs && /^(?:error|warning|critical)$/i.test(severity ?? '');
  });
  const groups = [
    ...Map.groupBy(
      recent,
      ({ reason, involvedObject: object }) => `${reason}/${object?.kind}/${object?.name}`,
    ).values(),
  ];
  return groups.slice(0, maxEventGroups).flatMap((group): PaletteIssue[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, name } = first.involvedObject ?? {};
    return [
      {
        rule: 'event-reported',
        severity: /^warning$/i.test(first.severity ?? '') ? 'info' : 'warning',
        category: 'events',
        resource:
          name === undefined || kind === 'spectrocluster' ? resourceOf(dashboard) : `${kind ?? 'object'}/${name}`,
        message: `${first.reason ?? 'An event'}, ${plural(group.length, 'time')} within a day.`,
        evidence: [...new Set(group.flatMap(({ message }) => message ?? []))].slice(0, 3),
        recommendation: 'Read palette_get_cluster_events for the order of what happened.',
      },
    ];
  });
}

/** Profiles that say something else by now. */
export function driftIssues({ drift }: DiagnosedCluster): PaletteIssue[] {
  return [...Map.groupBy(drift, ({ profile }) => profile)].map(([profile, packs]) => ({
    rule: 'profile-drift',
    severity: 'info',
    category: 'drift',
    resource: `profile/${profile}`,
    message: `${plural(packs.length, 'pack')} of the cluster differ${packs.length === 1 ? 's' : ''} from what the profile ${profile} says by now.`,
    evidence: packs.map(driftText),
    recommendation:
      'Apply the update in Palette when its changes are wanted; palette_compare_clusters shows where it is applied already.',
  }));
}
