import { spokenDuration } from '../../../lib/format.ts';
import { plural } from '../../../lib/text.ts';
import type { DiagnosedCluster, PaletteIssue } from './issue.ts';

/** Palette calls a cluster unhealthy when its agent was not heard of for so long (its documentation of health alerts). */
const heartbeatMs = 10 * 60_000;
/** Nobody waits longer for a cluster to come up or go. */
const transitionMs = 60 * 60_000;

/** Where a cluster is in its life: failed, or on its way for too long. */
export function stateIssues({ whole, dashboard, now }: DiagnosedCluster): PaletteIssue[] {
  const state = dashboard.status?.state ?? whole.status?.state ?? '';
  const since = Date.parse(dashboard.metadata.creationTimestamp ?? '');
  const issue = { category: 'state', resource: resourceOf(dashboard), evidence: [`state: ${state}`] } as const;
  if (/error|fail/i.test(state)) {
    return [
      {
        ...issue,
        rule: 'cluster-failed',
        severity: 'critical',
        message: `The cluster is in the state ${state}.`,
        recommendation: 'Read palette_get_cluster_events for what failed; Palette tries again when its cause is gone.',
      },
    ];
  }
  const isMoving = /provision|pending|import|delet/i.test(state);
  if (!isMoving || Number.isNaN(since) || now - since < transitionMs) return [];
  return [
    {
      ...issue,
      rule: 'cluster-in-transition',
      severity: 'warning',
      message: `The cluster is ${state}, and was made ${spokenDuration(now - since)} ago.`,
      recommendation:
        'Read palette_get_cluster_events for the step that does not end: quota, network, credentials of the cloud account.',
    },
  ];
}

/** What Palette and its agent say of a cluster's health. */
export function healthIssues(known: DiagnosedCluster): PaletteIssue[] {
  return [...ownVerdict(known), ...silence(known), ...falseConditions(known), ...repave(known)].map((issue) => ({
    category: 'health',
    resource: resourceOf(known.dashboard),
    ...issue,
  }));
}

type HealthIssue = Omit<PaletteIssue, 'category' | 'resource'>;

function ownVerdict({ dashboard }: DiagnosedCluster): HealthIssue[] {
  const { state, conditions = [] } = dashboard.status?.health ?? {};
  const evidence = conditions.map(({ type, message }) => [type, message].filter(Boolean).join(': '));
  if (/^un-?healthy$/i.test(state ?? '')) {
    return [
      {
        rule: 'cluster-unhealthy',
        severity: 'critical',
        message: 'Palette calls the cluster unhealthy.',
        evidence,
        recommendation: 'Follow the conditions; the Kubernetes diagnosis of a mapped cluster says more.',
      },
    ];
  }
  if (evidence.length === 0) return [];
  const message = `${plural(evidence.length, 'condition')} of its health.`;
  const recommendation = 'Look at what the conditions name.';
  return [{ rule: 'health-conditions', severity: 'warning', message, evidence, recommendation }];
}

function silence({ dashboard, now }: DiagnosedCluster): HealthIssue[] {
  const last = dashboard.status?.health?.lastHeartBeatTimestamp;
  const silentMs = now - Date.parse(last ?? '');
  // Not a number where no heartbeat is known.
  if (!(silentMs >= heartbeatMs)) return [];
  return [
    {
      rule: 'agent-silent',
      severity: 'critical',
      message: `The agent of Palette in the cluster was last heard of ${spokenDuration(silentMs)} ago.`,
      evidence: [`last heartbeat: ${last}`],
      recommendation:
        'Check that the cluster runs, and that its agent reaches Palette: all else that Palette shows of it is as old.',
    },
  ];
}

function falseConditions({ whole }: DiagnosedCluster): HealthIssue[] {
  const conditions = (whole.status?.conditions ?? []).filter(({ status }) => status === 'False');
  return conditions.map(({ type, reason, message }) => ({
    rule: 'condition-false',
    severity: 'warning',
    message: `The condition ${type} is False.`,
    evidence: [[reason, message].filter(Boolean).join(': ')].filter((text) => text !== ''),
    recommendation: `Look at what ${type} waits for; palette_get_cluster_events has the attempts.`,
  }));
}

function repave({ whole, dashboard }: DiagnosedCluster): HealthIssue[] {
  if ((whole.status?.repave?.state ?? dashboard.status?.repave?.state) !== 'Pending') return [];
  return [
    {
      rule: 'repave-pending',
      severity: 'warning',
      message: 'Nodes are to be replaced, which waits for an approval.',
      evidence: [],
      recommendation: 'Somebody has to approve it in Palette, or take the change back.',
    },
  ];
}

/** The cluster itself as issues name it. */
export function resourceOf({ metadata }: DiagnosedCluster['dashboard']): string {
  return `cluster/${metadata.name}`;
}
