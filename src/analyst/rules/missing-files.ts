import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { recordAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import { pathsIn, quotedIn } from '../logs/names-in-text.ts';
import { eachCrash, where } from './container-crashes.ts';
import { type Mount, mountOf } from './mounts.ts';
import { type Conclusion, conclusion, editCommand, fileOf, type Rule, step } from './rule.ts';
import { settingsOf } from './settings.ts';
import { endRefs, reasonRef, type Trouble } from './trouble.ts';

export const fileRules: readonly Rule[] = [
  {
    id: 'file-missing',
    catalogue: [1, 28],
    needs: 'a log that names a file which is not there',
    conclude: eachCrash(missingFile),
  },
];

const noSuchFile =
  /No such file or directory|FileNotFound|ENOENT|no such file|NoSuchFileException|cannot open|can't open|does not exist|IsADirectory|Is a directory|EISDIR/i;

function missingFile(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (it.kind !== 'crash' || !it.reason || !noSuchFile.test(it.reason.text)) return null;
  const path = [...quotedIn(it.reason.text), ...pathsIn(it.reason.text)].find((found) => found.startsWith('/'));
  if (path === undefined || /^\/(?:usr\/)?s?bin\/|serviceaccount/.test(path)) return null;
  const mount = mountOf(it.workload, it.container.name, path);
  const inMap = mount ? notInMap(graph, it, path, mount) : null;
  if (inMap) return inMap;
  const setting = settingsOf(graph, it.workload, it.container.name).find((x) => x.value.includes(path));
  const volume = mount ? ` (volume ${mount.volume} is mounted at ${mount.path})` : ' (no volume is mounted there)';
  return conclusion('file-missing', {
    entity: setting?.entity ?? it.workload.entity,
    mechanism: 'missing_file',
    wrongValue: path,
    statement: `The ${where(it)} reads ${path}, which does not exist in the container${volume}: ${it.reason.text}`,
    weight: 86,
    evidence: [reasonRef(graph, it), ...endRefs(graph, it), setting?.ref],
    affects: [it.workload.entity],
    remediation: [
      step(`Provide ${path}: mount it, or correct the path that ${it.workload.entity.name} is given`, null, 'low'),
    ],
  });
}

/** A path inside a mounted ConfigMap or Secret that has no such key, or that does not exist itself. */
function notInMap(graph: EvidenceGraph, it: Trouble, path: string, mount: Mount): Conclusion | null {
  if (mount.kind !== 'configMap' && mount.kind !== 'secret') return null;
  const kind = mount.kind === 'configMap' ? 'ConfigMap' : 'Secret';
  const entity = { kind, namespace: it.pod.namespace, name: mount.name };
  const map = graph.get(kind, entity.namespace, mount.name);
  const gone = graph.absent(kind, entity.namespace, mount.name);
  const key = mount.subPath || path.slice(mount.path.length + 1) || (path.split('/').at(-1) ?? path);
  const keys = Object.keys(recordAt(map, 'data'));
  if (keys.includes(key)) return null;
  const lacks = gone === null ? `has no key ${key}` : 'does not exist';
  const shown = keys.length === 0 ? '' : ` (its keys: ${keys.slice(0, 8).join(', ')})`;
  const shared = {
    entity,
    statement: `${entityText(it.workload.entity)} reads ${path} from ${kind} ${mount.name}, which ${lacks}${shown}: ${it.reason?.text ?? ''}`,
    weight: 88,
    evidence: [
      reasonRef(graph, it),
      ...endRefs(graph, it),
      gone,
      ...keys.slice(0, 2).map((name) => graph.ref(fileOf(entity), `"${name}":`)),
    ],
    affects: [it.workload.entity],
  };
  if (gone !== null) {
    return conclusion('mounted-map-missing', {
      ...shared,
      mechanism: kind === 'Secret' ? 'missing_secret' : 'missing_configmap',
      wrongValue: mount.name,
      remediation: [step(`Create ${kind} ${mount.name} with the key ${key}`, null, 'low')],
    });
  }
  return conclusion('file-missing-in-map', {
    ...shared,
    mechanism: 'missing_key',
    wrongValue: key,
    confidence: map === null ? 'medium' : 'high',
    ruledOut: map === null ? [] : [`a missing ${kind}: ${mount.name} exists`],
    remediation: [
      step(`Add the key ${key} to ${kind} ${mount.name}, or mount the key that exists`, editCommand(entity), 'low'),
    ],
  });
}
