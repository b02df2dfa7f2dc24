import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, type RuleView, type Step, step } from '../rule.ts';
import type { CallReason } from './call-classes.ts';
import type { Backend } from './webhook-backend.ts';

/** A pod that the API server did not let in, in the words of its event. */
export interface Refusal {
  readonly view: RuleView;
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly text: string;
  readonly ref: EvidenceRef | null;
}

/** A failed call of a webhook, with what is known of both ends. */
export interface Call extends Refusal {
  readonly name: string;
  /** The configuration that holds the webhook. */
  readonly entity: Entity;
  readonly webhook: unknown;
  readonly object: KubeObject | null;
  readonly service: Entity | null;
  readonly backend: Backend | null;
  readonly reason: CallReason;
}

/** What is wrong, on whom, and what to do: the part of a conclusion that differs by class. */
export interface Finding {
  readonly entity?: Entity;
  readonly mechanism: Mechanism;
  readonly value: string | null;
  readonly what: string;
  /** Less than that of what is wrong with the pods behind, where that may be known. */
  readonly weight?: number;
  readonly confidence?: Conclusion['confidence'];
  readonly ruledOut?: string;
  readonly todo: Step | readonly Step[];
  readonly refs?: readonly (EvidenceRef | null)[];
}

/** Makes a finding of one class of failed calls. */
export type Finder = (call: Call) => Finding;

/** Who is called, in words. */
export const called = ({ service, reason }: Call): string =>
  service ? entityText(service) : (reason.host ?? 'its backend');

/** The command that shows the log of what stands behind; null when that is not known. */
export const logsCommand = ({ backend }: Call): string | null =>
  backend?.workload
    ? `kubectl -n ${backend.workload.namespace} logs ${backend.workload.kind.toLowerCase()}/${backend.workload.name}`
    : null;

/** The step that takes a webhook away whose backend is gone. */
export function withoutWebhook({ entity }: Call, action: string): Step {
  return step(action, `kubectl delete ${entity.kind.toLowerCase()} ${entity.name}`, 'high', false);
}
