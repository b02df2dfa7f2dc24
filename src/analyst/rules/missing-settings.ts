import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { listAt, recordAt, textAt } from '../graph/fields.ts';
import { podReferences } from '../graph/pod-references.ts';
import { settingsIn } from '../logs/names-in-text.ts';
import { eachCrash, where } from './container-crashes.ts';
import { type Conclusion, conclusion, type Rule, step } from './rule.ts';
import { endRefs, reasonRef, type Trouble } from './trouble.ts';

export const settingRules: readonly Rule[] = [
  {
    id: 'env-missing',
    catalogue: [4, 28],
    needs: 'a log that says which setting is not set',
    conclude: eachCrash(missingSetting),
  },
];

const notSet =
  /\b(?:not set|unset|is required|required|undefined|not defined|missing|must be set|must be provided|not provided|KeyError|not configured|no value|is empty|cannot be empty|parameter not set|unbound variable|not found in environment|could not find)\b/i;

function missingSetting(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (it.kind !== 'crash' || !it.reason) return null;
  const text = it.reason.text;
  if (!notSet.test(text) || /no such file|forbidden|denied|refused|address/i.test(text)) return null;
  const present = new Set(
    [...listAt(it.container.spec, 'env')].map((env) => textAt(env, 'name')).filter((name) => name !== ''),
  );
  const name = settingsIn(text).find((setting) => !present.has(setting));
  if (name === undefined) return null;
  const source = optionalSource(it, name) ?? sharedSource(graph, it, name);
  const evidence = [reasonRef(graph, it), ...endRefs(graph, it)];
  if (source) {
    const map = graph.get(source.kind, it.pod.namespace, source.name);
    return conclusion('setting-missing-in-map', {
      entity: { kind: source.kind, namespace: it.pod.namespace, name: source.name },
      mechanism: 'missing_key',
      wrongValue: name,
      statement: `${source.kind} ${source.name} lacks the key ${name}, which the ${where(it)} needs: ${it.reason.text}`,
      weight: 88,
      confidence: map === null ? 'medium' : 'high',
      evidence: [...evidence, map ? graph.fieldRef(map, 'name', source.name) : null],
      affects: [it.workload.entity],
      remediation: [
        step(
          `Add the key ${name} to ${source.kind} ${source.name} and restart ${it.workload.entity.name}`,
          null,
          'low',
        ),
      ],
    });
  }
  return conclusion('env-missing', {
    entity: it.workload.entity,
    mechanism: 'missing_env',
    wrongValue: name,
    statement: `The ${where(it)} needs the environment variable ${name}, which is not set: ${it.reason.text}`,
    weight: 88,
    evidence,
    ruledOut: [`a value of ${name} elsewhere: no env entry and no envFrom of the container gives it`],
    remediation: [setEnv(it, name, '<value>')],
  });
}

function setEnv(it: Trouble, name: string, value: string) {
  const { kind, namespace, name: owner } = it.workload.entity;
  const command = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(kind)
    ? `kubectl -n ${namespace} set env ${kind.toLowerCase()}/${owner} -c ${it.container.name} ${name}=${value}`
    : null;
  return step(`Set ${name} for container ${it.container.name}`, command, 'low');
}

/** An env entry of that name which may be absent (`optional`), or an `envFrom` that would have given it. */
function optionalSource(it: Trouble, name: string): { kind: 'ConfigMap' | 'Secret'; name: string } | null {
  const references = podReferences({ containers: [it.container.spec] });
  const found = references.find((ref) => ref.how === 'env' && ref.by === name && ref.optional);
  return found && found.kind !== 'PersistentVolumeClaim' ? { kind: found.kind, name: found.name } : null;
}

function sharedSource(graph: EvidenceGraph, it: Trouble, name: string) {
  const from = podReferences({ containers: [it.container.spec] }).filter((ref) => ref.how === 'envFrom');
  const holding = from.find((ref) => {
    const map = graph.get(ref.kind, it.pod.namespace, ref.name);
    return map !== null && !(name in recordAt(map, 'data'));
  });
  const found = holding ?? from[0];
  return found && found.kind !== 'PersistentVolumeClaim' ? { kind: found.kind, name: found.name } : null;
}
