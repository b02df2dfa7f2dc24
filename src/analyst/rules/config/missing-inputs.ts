import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { pathsIn, quotedIn, settingsIn } from '../../model/names-in-text.ts';
import { type Mount, mountOf, type PodReference, podReferences } from '../../model/pod-references.ts';
import { settingsOf } from '../../signals/settings.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Quotes, type Rule, step, where } from '../rule.ts';

export const fileRules: readonly Rule[] = [
  {
    id: 'file-missing',
    catalogue: [1, 28],
    needs: 'a log that names a file which is not there',
    unless: 'the mounted ConfigMap or Secret has that file, or the path is that of a program of the image',
    conclude: eachCrash(missingFile),
  },
];

function missingFile(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, reason, workload } = trouble;
  if (trouble.kind !== 'crash' || !reason || !says.fileMissing.test(reason.text)) return null;
  // What the runtime says of a script that it found: its interpreter is what is missing.
  if (isRefusal(reason.text) || /^exec \/\S+: no such file/.test(reason.text)) return null;
  // A shell says first which script speaks: `/run.sh: line 3: /etc/app/env: No such file or directory`.
  const text = reason.text.replace(/^\/[\w./-]+: (?:line )?\d+: /, '');
  const path = [...quotedIn(text), ...pathsIn(text)].find((found) => found.startsWith('/'));
  if (path === undefined || /^\/(?:usr\/)?s?bin\/|serviceaccount/.test(path)) return null;
  const mount = mountOf(workload, container.name, path);
  const inMap = mount ? notInMap(graph, trouble, path, mount) : null;
  if (inMap) return inMap;
  const setting = settingsOf(graph, workload, container.name).find((x) => x.value.includes(path));
  const volume = mount ? ` (volume ${mount.volume} is mounted at ${mount.path})` : ' (no volume is mounted there)';
  return conclusion('file-missing', {
    entity: setting?.entity ?? workload.entity,
    mechanism: 'missing_file',
    wrongValue: path,
    statement: `The ${where(trouble)} reads ${path}, which does not exist in the container${volume}: ${reason.text}`,
    weight: 86,
    evidence: [reasonRef(graph, trouble), ...endRefs(graph, trouble), setting?.ref],
    affects: [workload.entity],
    remediation: step(
      `Provide ${path}: mount it, or correct the path that ${workload.entity.name} is given`,
      null,
      'low',
    ),
  });
}

/** A file that could not be opened for another reason than that it is missing, or one that the program makes itself. */
function isRefusal(text: string): boolean {
  if (says.lockHeld.test(text)) return true;
  const isMissing = /no such file|ENOENT|NoSuchFile|FileNotFound|is a directory|EISDIR/i.test(text);
  if (!isMissing)
    return /permission denied|EACCES|not permitted|read-only|EROFS|no space|ENOSPC|already in use/i.test(text);
  return /\b(?:lock|locked|locks)\b|\.(?:lock|pid)\b/i.test(text);
}

/** A path inside a mounted ConfigMap or Secret that has no such key, or that does not exist itself. */
function notInMap(graph: EvidenceGraph, trouble: Trouble, path: string, mount: Mount): Conclusion | null {
  const { workload } = trouble;
  if (mount.kind !== 'configMap' && mount.kind !== 'secret') return null;
  const kind = mount.kind === 'configMap' ? 'ConfigMap' : 'Secret';
  const entity = { kind, namespace: trouble.pod.namespace, name: mount.name };
  const map = graph.get(kind, entity.namespace, mount.name);
  const gone = graph.absent(kind, entity.namespace, mount.name);
  const key = mount.subPath || path.slice(mount.path.length + 1) || (path.split('/').at(-1) ?? path);
  const keys = Object.keys(recordAt(map, 'data'));
  if (keys.includes(key)) return null;
  const lacks = gone === null ? `has no key ${key}` : 'does not exist';
  const shown = keys.length === 0 ? '' : ` (its keys: ${keys.slice(0, 8).join(', ')})`;
  const shared = {
    entity,
    statement: `${entityText(workload.entity)} reads ${path} from ${kind} ${mount.name}, which ${lacks}${shown}: ${trouble.reason?.text ?? ''}`,
    weight: 88,
    evidence: [
      reasonRef(graph, trouble),
      ...endRefs(graph, trouble),
      gone,
      ...keys.slice(0, 2).map((name) => graph.refIn(entity, `"${name}":`)),
    ],
    affects: [workload.entity],
  };
  if (gone !== null) {
    return conclusion('mounted-map-missing', {
      ...shared,
      mechanism: kind === 'Secret' ? 'missing_secret' : 'missing_configmap',
      wrongValue: mount.name,
      remediation: step(`Create ${kind} ${mount.name} with the key ${key}`, null, 'low'),
    });
  }
  return conclusion('file-missing-in-map', {
    ...shared,
    mechanism: 'missing_key',
    wrongValue: key,
    confidence: map === null ? 'medium' : 'high',
    ruledOut: map === null ? [] : [`a missing ${kind}: ${mount.name} exists`],
    remediation: edit(`Add the key ${key} to ${kind} ${mount.name}, or mount the key that exists`, entity),
  });
}

export const settingRules: readonly Rule[] = [
  {
    id: 'env-missing',
    catalogue: [4, 28],
    needs: 'a log that says which setting is not set',
    unless: 'an entry of env or envFrom gives the variable',
    conclude: eachCrash(missingSetting),
  },
];

function missingSetting(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { reason, workload } = trouble;
  if (trouble.kind !== 'crash' || !reason) return null;
  const text = reason.text;
  if (!says.settingMissing.test(text) || /no such file|forbidden|denied|refused|address/i.test(text)) return null;
  const given = new Set(listAt(trouble.container.spec, 'env').map((env) => textAt(env, 'name')));
  const name = settingsIn(text).find((setting) => !given.has(setting) || optionalSource(graph, trouble, setting));
  if (name === undefined) return null;
  const source = optionalSource(graph, trouble, name) ?? sharedSource(graph, trouble, name);
  const evidence = [reasonRef(graph, trouble), ...endRefs(graph, trouble)];
  if (source) return notInSource(graph, trouble, name, source, evidence);
  return conclusion('env-missing', {
    entity: workload.entity,
    mechanism: 'missing_env',
    wrongValue: name,
    statement: `The ${where(trouble)} needs the environment variable ${name}, which is not set: ${reason.text}`,
    weight: 88,
    evidence,
    ruledOut: `a value of ${name} elsewhere: no env entry and no envFrom of the container gives it`,
    remediation: setEnv(trouble, name, '<value>'),
  });
}

/** The ConfigMap or Secret that should give the variable: it lacks the key, or does not exist although it is optional. */
function notInSource(
  graph: EvidenceGraph,
  trouble: Trouble,
  name: string,
  source: PodReference,
  evidence: Quotes,
): Conclusion {
  const { kind } = source;
  const { pod, reason, workload } = trouble;
  const key = source.key ?? name;
  const entity = { kind, namespace: pod.namespace, name: source.name };
  const map = graph.get(kind, pod.namespace, source.name);
  const gone = graph.absent(kind, pod.namespace, source.name);
  const shared = { entity, weight: 88, affects: [workload.entity] };
  if (gone !== null) {
    return conclusion('setting-source-missing', {
      ...shared,
      mechanism: kind === 'Secret' ? 'missing_secret' : 'missing_configmap',
      wrongValue: source.name,
      statement: `${kind} ${source.name}, from which the ${where(trouble)} takes ${name} as optional, does not exist in namespace ${pod.namespace}, so the container starts without it: ${reason?.text ?? ''}`,
      evidence: [...evidence, gone],
      ruledOut: 'a pod that cannot start: the reference is optional',
      remediation: step(
        `Create ${kind} ${source.name} with the key ${key}, then restart ${workload.entity.name}`,
        null,
        'low',
      ),
    });
  }
  const near = Object.keys(recordAt(map, 'data')).find((it) => it !== key && plain(it) === plain(key));
  return conclusion('setting-missing-in-map', {
    ...shared,
    mechanism: 'missing_key',
    wrongValue: key,
    statement: `${kind} ${source.name} lacks the key ${key}, which the ${where(trouble)} needs${near === undefined ? '' : ` (it has ${near})`}: ${reason?.text ?? ''}`,
    confidence: map === null ? 'medium' : 'high',
    evidence: [
      ...evidence,
      map ? graph.fieldRef(map, 'name', source.name) : null,
      near === undefined ? null : graph.refIn(entity, `"${near}":`),
    ],
    remediation: edit(
      near === undefined
        ? `Add the key ${key} to ${kind} ${source.name}, then restart ${workload.entity.name}`
        : `Rename the key ${near} of ${kind} ${source.name} to ${key}, then restart ${workload.entity.name}`,
      entity,
    ),
  });
}

/** A key without its case and its separators: how two spellings of one name are alike. */
const plain = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, '');

function setEnv(trouble: Trouble, name: string, value: string) {
  const { container } = trouble;
  const { kind, namespace, name: owner } = trouble.workload.entity;
  const command = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(kind)
    ? `kubectl -n ${namespace} set env ${kind.toLowerCase()}/${owner} -c ${container.name} ${name}=${value}`
    : null;
  return step(`Set ${name} for container ${container.name}`, command, 'low');
}

/** What an env entry of that name takes it from, when it may be absent (`optional`) and is. */
function optionalSource(graph: EvidenceGraph, { container, pod }: Trouble, name: string): PodReference | null {
  const found = podReferences({ containers: [container.spec] }).find((ref) => ref.how === 'env' && ref.by === name);
  if (!found?.optional || found.key === null) return null;
  return found.key in recordAt(graph.get(found.kind, pod.namespace, found.name), 'data') ? null : found;
}

/** What should give a variable by `envFrom`: an absent optional object, a map that has the key in other letters, else one that lacks it. */
function sharedSource(graph: EvidenceGraph, trouble: Trouble, name: string): PodReference | null {
  const { namespace } = trouble.pod;
  const from = podReferences({ containers: [trouble.container.spec] }).filter((ref) => ref.how === 'envFrom');
  const keysOf = (ref: PodReference) => Object.keys(recordAt(graph.get(ref.kind, namespace, ref.name), 'data'));
  const lacking = from.filter(
    (ref) => graph.get(ref.kind, namespace, ref.name) !== null && !keysOf(ref).includes(name),
  );
  return (
    lacking.find((ref) => keysOf(ref).some((key) => plain(key) === plain(name))) ??
    from.find((ref) => ref.optional && graph.absent(ref.kind, namespace, ref.name) !== null) ??
    lacking[0] ??
    from[0] ??
    null
  );
}
