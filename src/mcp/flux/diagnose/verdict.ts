import { closest, distance } from 'fastest-levenshtein';
import { conditionOf } from '../../../kube/objects.ts';
import { listed } from '../../../lib/text.ts';
import { chartTemplateOf, type FluxObject, refText, textOf, wordsOf } from '../objects/flux-object.ts';
import { isApplier, isSource } from '../objects/kinds.ts';
import { urlOf } from '../objects/source-fields.ts';
import { stateOf } from '../objects/state.ts';
import { helmRules, kustomizationRules } from './applier-rules.ts';
import { hasArtifact, isUsable } from './blockers.ts';
import { type FailureRule, ruleFor } from './failure-rule.ts';
import type { FirstCause } from './first-causes.ts';
import type { Category, Mechanism } from './mechanisms.ts';
import type { FluxView } from './read-flux.ts';
import { sourceRules } from './source-rules.ts';

/** What is wrong with a first cause. */
export interface Verdict {
  readonly mechanism: Mechanism;
  readonly category: Category;
  /** One sentence that names the object. */
  readonly message: string;
  /** Where the wrong value stands, and the value. */
  readonly field?: string | undefined;
  readonly value?: string | undefined;
  readonly recommendation: string;
  /** `passing`: it passes by itself; `choice`: somebody wants it so; a failure by default. */
  readonly nature?: 'passing' | 'choice';
}

export function verdictOf(cause: FirstCause, view: FluxView): Verdict {
  const { key, object, ring } = cause;
  if (ring.length > 0) return ringVerdict(ring);
  if (object === null) return missingVerdict(cause, view);
  if (object.metadata.deletionTimestamp) return deletionVerdict(key, object);
  if (object.spec?.suspend === true) return suspendedVerdict(key, object);
  const state = stateOf(object);
  if (isApplier(object.kind) && isUsable(object)) return usableVerdict(cause, view);
  if (state === 'blocked') return recheckVerdict(key, object);
  if (state === 'failed' || state === 'stalled') return failureVerdict(key, object, saidOf(object));
  const last = view.lastFailures.get(key);
  return last === undefined ? unfinishedVerdict(key, object) : triedAgainVerdict(key, object, last);
}

function ringVerdict(ring: readonly string[]): Verdict {
  const round = [...ring, ring[0] ?? ''].join(' → ');
  return {
    mechanism: 'dependency_ring',
    category: 'dependency',
    message: ring.length === 1 ? `${ring[0]} depends on itself` : `${listed(ring, 10)} wait for each other: ${round}`,
    field: 'spec.dependsOn',
    value: round,
    recommendation: 'Take one dependsOn (or health check) out of the ring: none of them is ever applied before.',
  };
}

/** Something names what is not there. */
function missingVerdict({ key, chain }: FirstCause, view: FluxView): Verdict {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  const by = chain.at(-2) ?? '';
  const near = nearest(key, view);
  const hint = near === null ? '' : `; there is ${near}`;
  const what = isSource(kind) ? 'source' : 'dependency';
  return {
    mechanism: what === 'source' ? 'source_missing' : 'dependency_missing',
    category: what,
    message: `${key} does not exist; ${by} names it as its ${what}`,
    field: what === 'source' ? sourceField(view.objects.get(by)) : 'spec.dependsOn',
    value: `${namespace}/${name}`,
    recommendation: `Make it, or correct its name or namespace in ${by}${hint}.`,
  };
}

/** Where an object names its source. */
function sourceField(object: FluxObject | undefined): string {
  if (object?.kind !== 'HelmRelease') return 'spec.sourceRef';
  return chartTemplateOf(object) === null ? 'spec.chartRef' : 'spec.chart.spec.sourceRef';
}

/** What may have been meant: the same name in another namespace, or a name that is nearly the same. */
function nearest(key: string, view: FluxView): string | null {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  const alike = [...view.objects.values()].filter((object) => object.kind === kind);
  const elsewhere = alike.find(({ metadata }) => metadata.name === name);
  if (elsewhere !== undefined) return refText({ kind, namespace: elsewhere.metadata.namespace ?? '', name });
  const names = alike.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name);
  const near = names.length === 0 ? '' : closest(name, names);
  const isNear = near !== '' && distance(name, near) <= Math.max(2, name.length / 3);
  return isNear ? refText({ kind, namespace, name: near }) : null;
}

function deletionVerdict(key: string, { metadata }: FluxObject): Verdict {
  const finalizers = (metadata.finalizers ?? []).map((one) => textOf(one) ?? '');
  return {
    mechanism: 'deletion_stuck',
    category: 'other',
    message: `${key} is being deleted since ${textOf(metadata.deletionTimestamp)}`,
    field: 'metadata.finalizers',
    value: finalizers.length === 0 ? undefined : listed(finalizers, 5),
    recommendation:
      'See the log of its controller for what it cannot delete; a finalizer that nobody serves stays for ever.',
  };
}

function suspendedVerdict(key: string, object: FluxObject): Verdict {
  const said = saidOf(object);
  return {
    mechanism: 'suspended',
    category: 'other',
    message: `${key} is suspended${said === '' ? ' and was never reconciled' : `; before, it said ${said}`}`,
    field: 'spec.suspend',
    value: 'true',
    recommendation: `Somebody has suspended it: ask before you resume it (flux resume ${resumeWords(object)}).`,
    nature: 'choice',
  };
}

/** Kinds as the command line of Flux calls them. */
const commandWords: Readonly<Record<string, string>> = {
  Kustomization: 'kustomization',
  HelmRelease: 'helmrelease',
  GitRepository: 'source git',
  OCIRepository: 'source oci',
  HelmRepository: 'source helm',
  HelmChart: 'source chart',
  Bucket: 'source bucket',
};

function resumeWords({ kind, metadata }: FluxObject): string {
  return `${commandWords[kind] ?? kind} ${metadata.name} -n ${metadata.namespace ?? ''}`;
}

/** It is ready, and something waits for it all the same. */
function usableVerdict({ key, object, chain }: FirstCause, view: FluxView): Verdict {
  const waiter = view.objects.get(chain.at(-2) ?? '');
  const said = waiter === undefined ? '' : saidOf(waiter);
  if (/readyExpr/.test(said)) {
    return {
      mechanism: 'ready_expression',
      category: 'dependency',
      message: `${key} is ready, but not by the expression of ${chain.at(-2)}`,
      field: 'spec.dependsOn[].readyExpr',
      recommendation: 'Look at the expression: it is what decides.',
    };
  }
  if (!/revision is not up to date/.test(said)) return recheckVerdict(key, object);
  const revision = textOf(object?.status?.lastAppliedRevision);
  return {
    mechanism: 'dependency_outdated',
    category: 'dependency',
    message: `${key} has not applied the newest revision yet`,
    field: 'status.lastAppliedRevision',
    value: revision,
    recommendation: 'It passes with the next reconciliation; if it stays, look at the log of its controller.',
    nature: 'passing',
  };
}

function recheckVerdict(key: string, object: FluxObject | null): Verdict {
  const itself = object !== null && stateOf(object) === 'blocked';
  return {
    mechanism: 'dependency_recheck',
    category: 'dependency',
    message: itself ? `${key} waits for dependencies that are ready by now` : `${key} is ready by now`,
    recommendation: 'What waits looks again within half a minute; if it stays, look at the log of its controller.',
    nature: 'passing',
  };
}

/** Never looked at, or under way. */
function unfinishedVerdict(key: string, object: FluxObject): Verdict {
  const controller = isSource(object.kind)
    ? 'source-controller'
    : `${object.kind === 'HelmRelease' ? 'helm' : 'kustomize'}-controller`;
  if (isSource(object.kind) && !hasArtifact(object)) {
    return {
      mechanism: 'source_not_fetched',
      category: 'source',
      message: `${key} holds nothing yet${saidOf(object) === '' ? ': nobody has looked at it' : `: ${saidOf(object)}`}`,
      field: 'spec.url',
      value: urlOf(object),
      recommendation: `See whether the ${controller} runs, and its log (get_flux_logs component ${controller}).`,
    };
  }
  if (stateOf(object) === 'pending') {
    return {
      mechanism: 'not_reconciled',
      category: 'controller',
      message: `${key} was never reconciled`,
      recommendation: `See whether the ${controller} runs, and its log (get_flux_logs component ${controller}).`,
    };
  }
  return {
    mechanism: 'in_progress',
    category: 'other',
    message: `${key} is being reconciled: ${saidOf(object)}`,
    recommendation: 'Wait for it; spec.timeout says how long it may take.',
    nature: 'passing',
  };
}

/** It has failed, and is under way again. */
function triedAgainVerdict(key: string, object: FluxObject, last: string): Verdict {
  const verdict = failureVerdict(key, object, last);
  return { ...verdict, message: `${verdict.message}; it is being tried again` };
}

function failureVerdict(key: string, object: FluxObject, said: string): Verdict {
  const match = ruleFor(said, rulesOf(object.kind));
  if (match === null) {
    return {
      mechanism: 'other',
      category: 'other',
      message: `${key} fails: ${said}`,
      recommendation: 'See its conditions and the log of its controller (get_flux_logs).',
    };
  }
  const { rule, found } = match;
  const fact = { object, found };
  const value = rule.value?.(fact);
  return {
    mechanism: rule.mechanism,
    category: rule.category,
    message: `${key} ${rule.says(fact)}`,
    // A field whose value is not known says where to look only when it always is the one.
    field: rule.value === undefined || value !== undefined ? rule.field : undefined,
    value,
    recommendation: rule.advice,
  };
}

function rulesOf(kind: string): readonly FailureRule[] {
  if (isSource(kind)) return sourceRules;
  return kind === 'HelmRelease' ? helmRules : kustomizationRules;
}

/** `REASON: MESSAGE` of the condition that says most; empty when there is none. */
export function saidOf({ status }: FluxObject): string {
  const conditions = status?.conditions;
  const stalled = conditionOf(conditions, 'Stalled');
  const ready = conditionOf(conditions, 'Ready');
  return wordsOf(ready?.status === 'True' && stalled?.status === 'True' ? stalled : (ready ?? stalled));
}
