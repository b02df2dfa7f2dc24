import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { fileRefused, keyTooOpen, modeTooOpen } from '../../model/process-words.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { type Mount, mountOf, mountsOf } from '../../model/pod-references.ts';
import type { LogEntry } from '../../model/parse-log.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

/** Files of a volume that the user of the container may not write or read. */
export const volumeAccessRules: readonly Rule[] = [
  {
    id: 'volume-permission',
    catalogue: [13],
    needs: 'a refused access to a path under a mounted volume, and the users and groups of the pod',
    unless: 'the volume is full or read-only, the path is in the image, or the container runs as root',
    conclude: eachCrash(refused),
  },
  {
    id: 'key-too-open',
    catalogue: [13],
    needs: 'a program that refuses a key file of a Secret because others may read it',
    unless: 'the key file is missing, or lies in no mounted volume',
    conclude: eachCrash(tooOpen),
  },
];

/** Where it was refused, and how sure that place is. */
interface Place {
  readonly entry: LogEntry;
  readonly mount: Mount;
  readonly path: string;
  readonly named: boolean;
}

function refused(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  if (trouble.kind === 'waits') return null;
  const place = refusedPlace(trouble);
  if (!place) return null;
  const { mount } = place;
  if (mount.kind === 'secret' || mount.kind === 'configMap') return closedFile(graph, trouble, place);
  return isWritable(mount) ? foreignVolume(graph, trouble, place) : null;
}

const isWritable = (mount: Mount): boolean => !mount.readOnly && mount.kind !== 'configMap' && mount.kind !== 'secret';

function refusedPlace(trouble: Trouble): Place | null {
  const { container, workload } = trouble;
  const entry = entryThat(trouble, fileRefused);
  if (!entry || says.readOnlyFiles.test(entry.message)) return null;
  const near = nearEntries(trouble, entry);
  for (const { message } of [entry, ...near]) {
    for (const path of pathsIn(message)) {
      const mount = mountOf(workload, container.name, path);
      if (mount) return { entry, mount, path, named: true };
    }
    // A path that is in no volume belongs to the image.
    if (pathsIn(message).some((path) => path.split('/').length > 2)) return null;
  }
  const volumes = mountsOf(workload, container.name).filter((it) => it.kind === 'persistentVolumeClaim');
  const [only] = volumes;
  return only && volumes.length === 1 ? { entry, mount: only, path: only.path, named: false } : null;
}

/** Lines beside the refusal that may name the path. */
function nearEntries(trouble: Trouble, entry: LogEntry): readonly LogEntry[] {
  const at = trouble.entries.indexOf(entry);
  return trouble.entries.slice(Math.max(0, at - 2), at + 2).filter((it) => it !== entry && it.level !== 'info');
}

interface Users {
  readonly user: number | null;
  readonly group: number | null;
  readonly fsGroup: number | null;
}

function usersOf(trouble: Trouble): Users {
  const { container, workload } = trouble;
  const pod = (field: string): number | null => numberAt(workload.template, 'securityContext', field);
  const own = (field: string): number | null => numberAt(container.spec, 'securityContext', field) ?? pod(field);
  return { user: own('runAsUser'), group: own('runAsGroup'), fsGroup: pod('fsGroup') };
}

function foreignVolume(graph: EvidenceGraph, trouble: Trouble, place: Place): Conclusion | null {
  const { mount } = place;
  const { workload, pod } = trouble;
  const users = usersOf(trouble);
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: pod.namespace, name: mount.name };
  // Who is root lacks a capability rather than the ownership, unless a server maps root to nobody.
  const isRoot = users.user === 0;
  const volume = mount.name === '' ? `volume ${mount.volume} (${mount.kind})` : `claim ${mount.name}`;
  // Root without its capabilities is refused as well.
  const mayBeRoot =
    users.user === null && listAt(trouble.container.spec, 'securityContext', 'capabilities', 'drop').length > 0;
  const isForgotten = users.fsGroup === null && !isPrepared(trouble);
  const sure = place.named && !isRoot && !mayBeRoot && isForgotten && mount.kind !== 'emptyDir' && !isNfs(mount);
  const who = users.user === null ? 'the user that its image sets' : `user ${users.user}`;
  return conclusion('volume-permission', {
    entity: workload.entity,
    mechanism: 'volume_permission',
    wrongValue: mount.path,
    statement: `The ${where(trouble)} may not use ${place.path} on ${volume}, mounted at ${mount.path}: it runs as ${who}${modeTooOpen.test(place.entry.message) ? groupOpens(users) : `, the volume belongs to another, and ${groupSaid(mount, users)}`}. It says: ${place.entry.message}`,
    weight: 93,
    confidence: sure ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, place.entry),
      graph.refIn(workload.entity, `"mountPath": "${mount.path}"`),
      mount.kind === 'persistentVolumeClaim' ? graph.refIn(workload.entity, `"claimName": "${mount.name}"`) : null,
      users.user === null ? null : graph.refIn(workload.entity, `"runAsUser": ${users.user}`),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: [
      'a full volume: the access is refused, not the space',
      ...(mount.readOnly ? [] : [`a read-only mount: ${mount.path} is mounted for writing`]),
      ...(graph.get(claim.kind, claim.namespace, claim.name) ? [`a missing claim: ${mount.name} exists`] : []),
    ],
    remediation: giveGroup(trouble, mount, users),
  });
}

/** What `fsGroup` does to a directory that the program wants for itself alone. */
const groupOpens = ({ fsGroup }: Users): string =>
  fsGroup === null
    ? ', and wants the directory for itself alone, which others may use too'
    : `, and wants the directory for itself alone: fsGroup ${fsGroup} lets the group write there`;

const isNfs = ({ source }: Mount): boolean => dig(source, 'nfs') !== undefined;

function groupSaid(mount: Mount, { fsGroup }: Users): string {
  if (isNfs(mount)) return 'fsGroup does not change what an NFS server exports (it may map root to nobody)';
  if (mount.kind === 'hostPath') return 'fsGroup does not change a hostPath';
  if (fsGroup === null) return 'the pod sets no fsGroup that would give it to its group';
  return `fsGroup ${fsGroup} does not help: the driver does not apply it, or the files are closed to the group`;
}

/** An init container that is there to change owner or mode: then it is not simply forgotten. */
function isPrepared({ workload }: Trouble): boolean {
  return listAt(workload.template, 'initContainers').some((init) =>
    /\bch(?:own|mod)\b/.test(JSON.stringify([listAt(init, 'command'), listAt(init, 'args')])),
  );
}

function giveGroup(trouble: Trouble, mount: Mount, users: Users) {
  const { entity } = trouble.workload;
  if (mount.kind === 'hostPath') {
    return edit(
      `Change the owner of the directory on the node, or let an init container do it for ${mount.path}`,
      entity,
    );
  }
  if (isNfs(mount)) return edit(`Change owner and mode on the NFS server, or run as a user that may use them`, entity);
  const wanted = users.group ?? users.user;
  const group = wanted === null || wanted === 0 ? 'the group of the user in the image' : String(wanted);
  const action =
    users.fsGroup === null
      ? `Set securityContext.fsGroup of the pod to ${group}`
      : `Look at the owner of the files on ${mount.path} and change it with an init container (chown)`;
  return edit(action, entity);
}

/** A file of a Secret or ConfigMap that its defaultMode closes to everybody but root. */
function closedFile(graph: EvidenceGraph, trouble: Trouble, { entry, mount, path }: Place): Conclusion | null {
  const { workload } = trouble;
  const mode = numberAt(mount.source, mount.kind, 'defaultMode');
  const users = usersOf(trouble);
  // Group and others may not read: the owner is root.
  if (mode === null || (mode & 0o044) !== 0 || users.user === 0) return null;
  const octal = `0${mode.toString(8)}`;
  return conclusion('mounted-file-closed', {
    entity: workload.entity,
    mechanism: 'volume_permission',
    wrongValue: String(mode),
    statement: `The ${where(trouble)} may not read ${path}: volume ${mount.volume} has defaultMode ${octal} (${mode}), its files belong to root, and the container does not run as root. It says: ${entry.message}`,
    weight: 94,
    confidence: users.fsGroup === null ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      graph.refIn(workload.entity, `"defaultMode": ${mode}`),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'a missing file: the access is refused',
    remediation: edit(
      `Set fsGroup to the group of the container with defaultMode 0440, or defaultMode 0444 for volume ${mount.volume}`,
      workload.entity,
    ),
  });
}

/** Programs that will not use a key which others may read: Secrets are mounted with mode 0644 unless told otherwise. */
function tooOpen(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, workload } = trouble;
  const entry = entryThat(trouble, keyTooOpen);
  if (!entry) return null;
  const texts = [entry.message, ...nearEntries(trouble, entry).map((it) => it.message)];
  const found = texts
    .flatMap((text) => [...pathsIn(text)])
    .map((path) => ({ path, mount: mountOf(workload, container.name, path) }))
    .find(({ mount }) => mount !== null);
  if (!found?.mount) return null;
  const { mount, path } = found;
  const mode = textAt(mount.source, mount.kind, 'defaultMode');
  return conclusion('key-too-open', {
    entity: workload.entity,
    mechanism: 'volume_permission',
    wrongValue: mode === '' ? path : mode,
    statement: `The ${where(trouble)} refuses ${path}: others may read it (volume ${mount.volume}, ${mode === '' ? 'no defaultMode, so 0644' : `defaultMode ${mode}`}). It says: ${entry.message}`,
    weight: 93,
    confidence: mount.kind === 'secret' ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      graph.refIn(workload.entity, `"mountPath": "${mount.path}"`),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'a missing key: the file is there and is refused',
    remediation: step(`Set defaultMode of volume ${mount.volume} to 0400 (or 0440 with fsGroup)`, null, 'low'),
  });
}
