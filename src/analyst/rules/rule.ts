import type { Mechanism } from '../../domain/verdict/mechanism.ts';
import type { Confidence, Entity, EvidenceRef, Verdict } from '../../domain/verdict/verdict.ts';
import { entityText } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import type { Workload } from '../model/workload.ts';
import type { FailedCall } from '../signals/calls.ts';
import type { Trouble } from '../signals/trouble.ts';

/** A step as a rule gives it: its command as for the one cluster; `undo` where the command does not tell it by itself. */
export type Step = Omit<Verdict['remediation'][number], 'undo'> & { readonly undo?: string | null };

/** What a rule makes of the evidence: an object, how it is wrong, and what that breaks. */
export interface Conclusion {
  readonly rule: string;
  readonly entity: Entity;
  readonly mechanism: Mechanism;
  /** As it stands in the evidence. */
  readonly wrongValue: string | null;
  readonly statement: string;
  /** `high`: the mechanism itself is in the evidence and its rivals are ruled out. */
  readonly confidence: Confidence;
  /** How much it explains, 0 to 100: of several conclusions about one workload the greatest is its cause. */
  readonly weight: number;
  readonly evidence: readonly EvidenceRef[];
  /** What it breaks: workloads and other objects, `entity` itself when that is one of them. */
  readonly affects: readonly Entity[];
  readonly ruledOut: readonly string[];
  readonly remediation: readonly Step[];
}

/** Everything that a rule may look at. */
export interface RuleView {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  /** Containers that crash, cannot start or keep failing, with what their logs say. */
  readonly troubles: readonly Trouble[];
  /** Calls that fail, as the troubles' logs tell. */
  readonly calls: readonly FailedCall[];
}

/** One small pure function over the evidence. */
export interface Rule {
  readonly id: string;
  /** Rows of the fault catalogue that it covers. */
  readonly catalogue: readonly (number | string)[];
  /** What must be in the evidence for it to say anything. */
  readonly needs: string;
  /** What would show that it is something else: for the page of the rules, a clause without a full stop. */
  readonly unless: string;
  readonly conclude: (view: RuleView) => readonly Conclusion[];
}

/** Quotes as a rule gathers them: what was not found is left out. */
export type Quotes = readonly (EvidenceRef | null | undefined)[];

type Draft = Pick<Conclusion, 'entity' | 'mechanism' | 'statement' | 'weight'> & {
  readonly wrongValue?: string | null | undefined;
  readonly confidence?: Confidence;
  readonly evidence: Quotes;
  readonly affects?: readonly Entity[];
  readonly ruledOut?: string | readonly string[];
  readonly remediation?: Step | readonly Step[];
};

/** A conclusion of a rule with its defaults: high confidence, it breaks the entity itself. */
export function conclusion(rule: string, draft: Draft): Conclusion {
  const evidence = draft.evidence.filter((it) => it !== null && it !== undefined);
  return {
    rule,
    entity: draft.entity,
    mechanism: draft.mechanism,
    wrongValue: draft.wrongValue ?? null,
    statement: draft.statement,
    confidence: draft.confidence ?? 'high',
    weight: draft.weight,
    evidence: unique(evidence),
    affects: draft.affects ?? [draft.entity],
    ruledOut: [draft.ruledOut ?? []].flat(),
    remediation: [draft.remediation ?? []].flat(),
  };
}

function unique(evidence: readonly EvidenceRef[]): EvidenceRef[] {
  return [...new Map(evidence.map((it) => [`${it.file}\n${it.quote}`, it])).values()].slice(0, 8);
}

export function step(action: string, command: string | null, risk: Step['risk'], reversible = true): Step {
  return { action, command, risk, reversible };
}

/** A step that changes an object by hand. */
export function edit(action: string, entity: Entity, risk: Step['risk'] = 'low'): Step {
  return step(action, editCommand(entity), risk);
}

/** A step that takes a workload back to a revision by its number; to the one before the newest where none is given. */
export function rollBack({ kind, namespace, name }: Entity, action: string, revision?: number): Step {
  const to = revision === undefined ? '' : ` --to-revision=${revision}`;
  return step(action, `kubectl -n ${namespace} rollout undo ${kind.toLowerCase()}/${name}${to}`, 'medium');
}

/** The command that opens an object in an editor. */
export function editCommand({ kind, namespace, name }: Entity): string {
  return `kubectl ${namespace === null ? '' : `-n ${namespace} `}edit ${kind.toLowerCase()} ${name}`;
}

/** One conclusion for each trouble that `read` understands. */
export function eachCrash(read: (graph: EvidenceGraph, it: Trouble) => Conclusion | null): Rule['conclude'] {
  return ({ graph, troubles }) => troubles.flatMap((it) => read(graph, it) ?? []);
}

/** `container C of Deployment ns/name`. */
export const where = (it: Trouble): string => `container ${it.container.name} of ${entityText(it.workload.entity)}`;
