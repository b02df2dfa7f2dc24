import { conditionOf, type Workload } from '../../../kube/objects.ts';
import { refOf, textOf } from '../objects/flux-object.ts';
import { type FluxKind, sourceKinds } from '../objects/kinds.ts';
import type { Issue } from './issue.ts';
import type { FluxView } from './read-flux.ts';

/** What each controller of Flux reconciles; others hold up nothing that is looked at here. */
const kindsOf: Readonly<Record<string, readonly FluxKind[]>> = {
  'kustomize-controller': ['Kustomization'],
  'helm-controller': ['HelmRelease'],
  'source-controller': sourceKinds,
};

/** The controllers of Flux of which no pod works: nothing of what they reconcile goes on, whatever it says of itself. */
export function controllerIssues(view: FluxView): Issue[] {
  return (view.controllers as readonly Workload[]).filter(isDown).map((controller) => issueOf(controller, view));
}

function isDown({ spec, status }: Workload): boolean {
  return spec?.replicas === 0 || (status?.availableReplicas ?? 0) === 0;
}

function issueOf(controller: Workload, view: FluxView): Issue {
  const { name } = controller.metadata;
  const kinds: readonly string[] = kindsOf[name] ?? [];
  const waiting = [...view.objects].filter(([, { kind }]) => kinds.includes(kind)).map(([key]) => key);
  const isOff = controller.spec?.replicas === 0;
  const available = conditionOf(controller.status?.conditions, 'Available');
  const text = textOf(available?.message);
  return {
    severity: 'critical',
    mechanism: 'controller_down',
    category: 'controller',
    resource: refOf(controller),
    message: `${name} ${isOff ? 'is scaled to zero' : 'has no pod that works'}: nothing that it reconciles goes on`,
    field: isOff ? 'spec.replicas' : 'status.availableReplicas',
    value: '0',
    evidence: text === undefined ? [] : [{ object: refOf(controller), field: 'status.conditions[Available]', text }],
    recommendation: isOff
      ? 'Scale it up again; what is shown of its objects is from before.'
      : 'Look at its pods: events and logs of the run before (get_pod_logs with previous).',
    waiting,
    waiting_count: waiting.length,
    chain: [refOf(controller)],
  };
}
