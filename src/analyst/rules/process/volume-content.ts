import type { Entity } from '../../../domain/verdict/verdict.ts';
import { sentence } from '../../../lib/text.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { type ContentWords, contentWords } from '../../model/process-words.ts';
import { pathsIn, quotedIn } from '../../model/names-in-text.ts';
import type { LogEntry } from '../../model/parse-log.ts';
import { type Mount, mountOf, mountsOf } from '../../model/pod-references.ts';
import { imageTag } from '../../model/workload.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

/** Programs that do not accept what lies on their volume. */
export const volumeContentRules: readonly Rule[] = [
  {
    id: 'volume-content',
    catalogue: [9, 97, 98],
    needs: 'a log that refuses the data on a lasting volume of the container',
    unless: 'the volume is empty or does not last, or the complaint is about the data of another server',
    conclude: eachCrash(refusesData),
  },
];

interface Found {
  readonly kind: ContentWords['kind'];
  readonly entry: LogEntry;
  readonly mount: Mount;
  readonly named: boolean;
  /** With the lines that go on with it. */
  readonly text: string;
}

function refusesData(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  if (trouble.kind !== 'crash') return null;
  const found = findContent(trouble);
  if (!found) return null;
  const { entry, kind, mount } = found;
  const { workload } = trouble;
  const claim: Entity | null =
    mount.kind === 'persistentVolumeClaim'
      ? { kind: 'PersistentVolumeClaim', namespace: trouble.pod.namespace, name: mount.name }
      : null;
  // Another place or image is for the workload to choose, other data for the claim.
  const isData = kind === 'identity' || kind === 'damage';
  return conclusion('volume-content', {
    entity: isData && claim ? claim : workload.entity,
    mechanism: 'volume_content',
    wrongValue: valueOf(trouble, found),
    statement: `${sentence(saysOf(graph, trouble, found))} It says: ${found.text}`,
    weight: 93,
    confidence: found.named || kind !== 'damage' ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      graph.refIn(workload.entity, `"mountPath": "${mount.path}"`),
      kind === 'version' ? graph.refIn(workload.entity, trouble.container.image) : null,
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: 'a missing volume: it is mounted and has data of before',
    remediation: remedy(trouble, found),
  });
}

function findContent(trouble: Trouble): Found | null {
  const { container, workload, reason } = trouble;
  const lasting = mountsOf(workload, container.name).filter(isLasting);
  if (lasting.length === 0) return null;
  for (const { kind, said } of contentWords) {
    const entry = entryThat(trouble, said);
    const text = entry?.line === reason?.line ? (reason?.text ?? '') : (entry?.message ?? '');
    if (!entry || isOfAnother(text)) continue;
    const mount = pathsIn(`${text}\n${trouble.text}`)
      .map((path) => mountOf(workload, container.name, path))
      .find((it) => it !== null && isLasting(it));
    if (mount) return { kind, entry, mount, named: true, text };
    const [only] = lasting;
    if (only && lasting.length === 1) return { kind, entry, mount: only, named: false, text };
  }
  return null;
}

/** What a server somewhere else says of its own data, or an API of its objects. */
const isOfAnother = (text: string): boolean =>
  /https?:\/\/|\bcustomresource|\bapi version|dial tcp|TLS|certificate/i.test(text);

const isLasting = (mount: Mount): boolean =>
  mount.kind === 'persistentVolumeClaim' || mount.kind === 'hostPath' || mount.kind === 'other';

function valueOf(trouble: Trouble, { entry, kind, mount, text }: Found): string {
  if (kind === 'leftover') return mount.path;
  if (kind === 'version') {
    const version = /\b(?:version |featureCompatibilityVersion.{0,40}?)v?["'[]?(\d+(?:\.\d+)*)/i.exec(text)?.[1];
    return version ?? (imageTag(trouble.container.image) || trouble.container.image);
  }
  if (kind === 'identity') {
    const id = /\b([A-Za-z0-9_-]{16,}|[0-9a-f]{8,})\b/.exec(text.replace(/Inconsistent\w+/g, ''))?.[1];
    return id ?? quotedIn(text)[0] ?? mount.path;
  }
  return pathsIn(entry.message).find((path) => path.startsWith(mount.path)) ?? mount.path;
}

function saysOf(graph: EvidenceGraph, trouble: Trouble, { kind, mount }: Found): string {
  const volume = mount.name === '' ? `volume ${mount.volume}` : `claim ${mount.name}`;
  const head = `The ${where(trouble)} does not start on the data of ${volume} at ${mount.path}`;
  if (kind === 'leftover') {
    return `${head}: the directory is not empty, though it wants to begin with an empty one. A fresh file system has a directory lost+found at its root, and an earlier try may have left files.`;
  }
  if (kind === 'version') {
    const before = imageBefore(trouble.workload, trouble.container.name, trouble.container.image);
    const change = before === null ? '' : ` (the revision before ran ${before.image})`;
    return `${head}: it was written by another version than ${imageTag(trouble.container.image) || trouble.container.image}${change}.`;
  }
  if (kind === 'identity') {
    return `${head}: it belongs to another cluster or member than the one that it is to join; the volume has outlived what it was made for.`;
  }
  return `${head}: it is damaged.${nodeSaid(graph, trouble)}`;
}

function nodeSaid(graph: EvidenceGraph, { pod }: Trouble): string {
  const warning = graph.eventsOf({ kind: 'Node', namespace: null, name: pod.node }).findLast((it) => it.warning);
  return warning ? ` Node ${pod.node} warns: ${warning.message.slice(0, 200)}` : '';
}

function remedy(trouble: Trouble, { kind, mount }: Found) {
  const { entity } = trouble.workload;
  if (kind === 'leftover') {
    return edit(`Let the program use a directory below ${mount.path} (its data directory setting, or subPath)`, entity);
  }
  if (kind === 'version') {
    return edit(
      `Go back to the version that wrote the data, or upgrade the data step by step as the program's manual says`,
      entity,
    );
  }
  const action =
    kind === 'identity'
      ? `Decide which is right: give ${entityText(entity)} the volume of this cluster, or an empty one after a copy of this one was kept`
      : `Keep a copy of the volume, then restore ${mount.path} from a backup or run the program's own repair`;
  return step(action, null, 'high', false);
}
