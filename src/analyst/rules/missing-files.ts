import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { recordAt } from '../graph/fields.ts';
import { pathsIn, quotedIn } from '../logs/names-in-text.ts';
import { eachCrash, where } from './container-crashes.ts';
import { mountOf } from './mounts.ts';
import { type Conclusion, conclusion, fileOf, type Rule, step } from './rule.ts';
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
  const evidence = [reasonRef(graph, it), ...endRefs(graph, it)];
  if (mount && (mount.kind === 'configMap' || mount.kind === 'secret')) {
    const kind = mount.kind === 'configMap' ? 'ConfigMap' : 'Secret';
    const map = graph.get(kind, it.pod.namespace, mount.name);
    const key = mount.subPath || path.slice(mount.path.length + 1) || (path.split('/').at(-1) ?? path);
    const keys = Object.keys(recordAt(map, 'data'));
    return conclusion('file-missing-in-map', {
      entity: { kind, namespace: it.pod.namespace, name: mount.name },
      mechanism: 'missing_key',
      wrongValue: key,
      statement: `${it.workload.entity.kind} ${it.workload.entity.name} reads ${path} from ${kind} ${mount.name}, which has no key ${key}${keys.length === 0 ? '' : ` (its keys: ${keys.join(', ')})`}: ${it.reason.text}`,
      weight: 88,
      evidence: [
        ...evidence,
        ...keys
          .slice(0, 2)
          .map((name) => graph.ref(fileOf({ kind, namespace: it.pod.namespace, name: mount.name }), `"${name}":`)),
      ],
      affects: [it.workload.entity],
      ruledOut: [`a missing ${kind}: ${mount.name} exists`],
      remediation: [
        step(
          `Add the key ${key} to ${kind} ${mount.name}, or mount the key that exists`,
          `kubectl -n ${it.pod.namespace} edit ${kind.toLowerCase()} ${mount.name}`,
          'low',
        ),
      ],
    });
  }
  const relative = settingsOf(graph, it.workload, it.container.name).find((setting) => setting.value.includes(path));
  return conclusion('file-missing', {
    entity: relative?.entity ?? it.workload.entity,
    mechanism: 'missing_file',
    wrongValue: path,
    statement: `The ${where(it)} reads ${path}, which does not exist in the container${mount ? ` (volume ${mount.volume} is mounted at ${mount.path})` : ' (no volume is mounted there)'}: ${it.reason.text}`,
    weight: 86,
    evidence: [...evidence, relative?.ref],
    affects: [it.workload.entity],
    remediation: [
      step(`Provide ${path}: mount it, or correct the path that ${it.workload.entity.name} is given`, null, 'low'),
    ],
  });
}
