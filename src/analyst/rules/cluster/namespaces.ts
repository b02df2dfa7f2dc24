import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf } from '../../model/entities.ts';
import { conditionAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';
import { sinceText } from './deletions.ts';

export const namespaceRules: readonly Rule[] = [
  {
    id: 'namespace-stays',
    catalogue: [110, 111],
    needs: 'a namespace in deletion whose conditions say what holds it',
    unless: 'the namespace is not in deletion, or its conditions name nothing that holds it',
    conclude: stays,
  },
];

/** What the conditions of a namespace in deletion say, the one first that the others follow from. */
function stays(view: RuleView): Conclusion[] {
  return view.graph.all('Namespace').flatMap((namespace): Conclusion[] => {
    if (namespace.metadata.deletionTimestamp === undefined) return [];
    const found = discovery(view, namespace) ?? content(view, namespace) ?? remaining(view, namespace);
    return found ? [found] : [];
  });
}

function discovery({ graph }: RuleView, namespace: KubeObject): Conclusion | null {
  const failed =
    conditionAt(namespace, 'NamespaceDeletionDiscoveryFailure', 'True') ??
    conditionAt(namespace, 'NamespaceDeletionGroupVersionParsingFailure', 'True');
  if (failed === undefined) return null;
  const message = textAt(failed, 'message');
  const served = /([\w-]+(?:\.[\w-]+)+\/v\w+)/.exec(message)?.[1] ?? null;
  const { name } = namespace.metadata;
  return conclusion('namespace-stays', {
    entity: entityOf(namespace),
    mechanism: 'apiservice_unavailable',
    wrongValue: served ?? textAt(failed, 'reason'),
    statement: `Namespace ${name} ${sinceText(namespace)}: its content cannot be listed because the API ${served ?? 'of a group'} does not answer: ${message}`,
    weight: 91,
    evidence: [graph.fieldRef(namespace, 'message', message), graph.refIn(entityOf(namespace), '"deletionTimestamp"')],
    ruledOut: 'what is in the namespace: it is not even listed',
    remediation: step(
      `Find out what should serve ${served ?? 'that API'} and mend it; the namespace then goes by itself`,
      'kubectl get apiservices',
      'none',
    ),
  });
}

/** Something in it cannot be deleted: the message says what refuses. */
function content({ graph }: RuleView, namespace: KubeObject): Conclusion | null {
  const failed = conditionAt(namespace, 'NamespaceDeletionContentFailure', 'True');
  if (failed === undefined) return null;
  const message = textAt(failed, 'message');
  const webhook = /webhook(?: "([^"]+)")?/.exec(message);
  const kind = /conversion webhook for [\w./-]+, Kind=(\w+)/.exec(message)?.[1];
  const definition = graph
    .all('CustomResourceDefinition')
    .find((it) => kind !== undefined && textAt(it, 'spec', 'names', 'kind') === kind);
  const resource = /gvr: ([^"\s]+, Resource=\S+)/.exec(message)?.[1];
  const refused = webhook !== null && /failed/.test(message);
  return conclusion('namespace-stays', {
    entity: definition ? entityOf(definition) : entityOf(namespace),
    mechanism: refused ? 'webhook_backend_missing' : 'finalizer_stuck',
    wrongValue: webhook?.[1] ?? kind ?? resource ?? textAt(failed, 'reason'),
    statement: `Namespace ${namespace.metadata.name} ${sinceText(namespace)}: something in it cannot be deleted: ${message}`,
    weight: refused ? 92 : 90,
    confidence: refused ? 'high' : 'medium',
    evidence: [
      graph.fieldRef(namespace, 'message', message),
      graph.refIn(entityOf(namespace), '"deletionTimestamp"'),
      definition ? graph.refIn(entityOf(definition), '"conversion"') : null,
    ],
    affects: [entityOf(namespace)],
    remediation: step(
      'Mend what the message names; the namespace controller tries again by itself',
      `kubectl get namespace ${namespace.metadata.name} -o yaml`,
      'none',
    ),
  });
}

/** A namespace that stays because something in it is held; the condition names the finalizer. */
function remaining({ graph }: RuleView, namespace: KubeObject): Conclusion | null {
  const finalizers = conditionAt(namespace, 'NamespaceFinalizersRemaining', 'True');
  const left = conditionAt(namespace, 'NamespaceContentRemaining', 'True');
  if (finalizers === undefined && left === undefined) return null;
  const message = textAt(finalizers, 'message') || textAt(left, 'message');
  const resources = textAt(left, 'message');
  const name = /finalizers remaining: ([\w./-]+)/.exec(message)?.[1] ?? /: ([\w.-]+) has/.exec(message)?.[1];
  const entity = entityOf(namespace);
  const refs: (EvidenceRef | null)[] = [finalizers, left].map((condition) =>
    graph.fieldRef(namespace, 'message', textAt(condition, 'message')),
  );
  return conclusion('namespace-stays', {
    entity,
    mechanism: 'finalizer_stuck',
    wrongValue: name ?? textAt(finalizers ?? left, 'type'),
    statement: `Namespace ${entity.name} ${sinceText(namespace)}: ${message}${resources === message || resources === '' ? '' : ` ${resources}`}`,
    weight: 91,
    evidence: [...refs, graph.refIn(entity, '"deletionTimestamp"')],
    remediation: step(
      `Find what holds objects of ${entity.name}${name === undefined ? '' : ` by ${name}`}: the controller that set it must run to take it off`,
      `kubectl get namespace ${entity.name} -o yaml`,
      'none',
    ),
  });
}
