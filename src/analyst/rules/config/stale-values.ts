import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textsAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { hostsIn, quotedIn } from '../../model/names-in-text.ts';
import { failureOf, hasHost } from '../../signals/calls.ts';
import { heldValues } from '../../signals/held-values.ts';
import { settingsOf } from '../../signals/settings.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, type Rule, step } from '../rule.ts';

export const staleValueRules: readonly Rule[] = [
  {
    id: 'stale-config',
    catalogue: [32],
    needs:
      'a ConfigMap that was changed after a container started, and a log with a value that no setting holds any more',
    unless: 'a setting that holds now has the value, or the container started after the change',
    conclude: eachCrash(staleConfig),
  },
];

/** A running program that uses a value which its ConfigMap held before it was changed. */
function staleConfig(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { workload, container } = trouble;
  if (trouble.kind !== 'errors') return null;
  const held = heldValues(graph, workload).find(
    (it) => it.reference.kind === 'ConfigMap' && it.reference.containers.includes(container.name),
  );
  const old = held ? oldValue(graph, trouble) : null;
  if (!held || old === null) return null;
  const map = entityOf(held.object);
  const how = held.reference.how === 'volume' ? 'by subPath, which never follows a change' : 'in its environment';
  const { kind, namespace, name } = workload.entity;
  return conclusion('stale-config', {
    entity: workload.entity,
    mechanism: 'stale_secret_env',
    wrongValue: old,
    statement: `${entityText(workload.entity)} still uses ${old}, which no setting holds any more: ConfigMap ${map.name} was changed at ${held.changed}, after pod ${held.pod.name} had started, and the pod holds the old value ${how}.`,
    weight: 96,
    evidence: [
      reasonRef(graph, trouble),
      graph.fieldRef(held.object, 'time', held.changed),
      graph.fieldRef(
        held.pod.object,
        'startedAt',
        new Date(held.container.runningSince ?? 0).toISOString().replace('.000Z', 'Z'),
      ),
    ],
    ruledOut: `the ConfigMap as it is now: it does not hold ${old}`,
    remediation: step(
      `Restart ${name}, so that it reads ConfigMap ${map.name} again`,
      `kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`,
      'medium',
    ),
  });
}

/** A host or a quoted value that the failing line speaks of and no current setting of the container holds. */
function oldValue(graph: EvidenceGraph, { reason, workload, container }: Trouble): string | null {
  const text = reason?.text ?? '';
  const settings = settingsOf(graph, workload, container.name);
  const maps = graph.all('ConfigMap', workload.entity.namespace).flatMap((it) => Object.values(textsAt(it, 'data')));
  if (failureOf(text) !== null) {
    const host = hostsIn(text).find(({ host: name }) => !settings.some((it) => hasHost(it.value, name)));
    if (host && !maps.some((it) => hasHost(it, host.host))) return host.host;
  }
  if (!says.valueRejected.test(text)) return null;
  return (
    quotedIn(text).find(
      (it) => it.length >= 4 && !settings.some((setting) => setting.value.includes(it) || setting.name === it),
    ) ?? null
  );
}
