import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { textAt } from '../../model/fields.ts';
import type { RuleView } from '../rule.ts';

/** A claim with the workloads that mount it. */
export interface Claimed {
  readonly view: RuleView;
  readonly claim: KubeObject;
  readonly users: readonly Entity[];
}

export const className = (claim: KubeObject): string =>
  textAt(claim, 'spec', 'storageClassName') ||
  (claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? '');

export const requested = (claim: KubeObject): string => textAt(claim, 'spec', 'resources', 'requests', 'storage');
