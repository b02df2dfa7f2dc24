import type { Recording } from '../../../eval/recording.ts';
import type { Truth } from '../../../eval/truth.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { mapStrings } from './strings.ts';

export interface Renamed {
  readonly recording: Recording;
  /** What a text of the recording is called now. */
  readonly rename: (text: string) => string;
}

/**
 * The recording with other names: every namespace and object that somebody named, in objects, labels, annotations,
 * events, logs, host names and the truth. Each letter stands for another one, so that names that were alike stay alike
 * (a mistyped one, one that begins like its owner), and two letters come before, so that lengths and order differ.
 */
export function renamed(recording: Recording): Renamed {
  return renamedBy(recording, namesOf(recording), otherName);
}

/** The recording with these names changed wherever they stand as words. */
export function renamedBy(recording: Recording, list: ReadonlySet<string>, other: (name: string) => string): Renamed {
  const names = [...list].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const pattern = new RegExp(`(?<![A-Za-z0-9_])(?:${names.map(escaped).join('|')})(?![A-Za-z0-9_])`, 'g');
  const rename = (text: string): string => text.replace(pattern, other);
  const { truth, scenario, dump } = recording;
  const { id, title, category, difficulty, ...rest } = truth;
  const changed: Truth = { ...mapStrings(rest, rename), id, title, category, difficulty };
  return { recording: { truth: changed, scenario, dump: mapStrings(dump, rename, true) }, rename };
}

/** Names that somebody gave, of objects that exist and of those that the truth says are missing. */
function namesOf({ truth, dump }: Recording): Set<string> {
  const names = new Set<string>();
  const keys = new Set<string>();
  for (const list of Object.values(dump.cluster)) {
    collectKeys(list.items, keys);
    if (ownWords.has(list.kind)) continue;
    for (const object of list.items) {
      if (isOfSystem(object) || object.metadata.ownerReferences?.some((owner) => owner.controller)) continue;
      names.add(object.metadata.name);
    }
  }
  const told = [truth.focus, truth.root_cause, ...truth.also_accept, ...truth.victims];
  for (const entity of told) {
    if (!entity || typeof entity === 'string' || ownWords.has(`${entity.kind}List`)) continue;
    if (!systemNamespace(entity.namespace ?? '')) names.add(entity.name);
  }
  const groups = Object.keys(dump.cluster).map((path) => path.split('/')[1] ?? '');
  // A namespace may be called like the API group of what runs in it: that group keeps its name.
  const isGroup = (name: string): boolean => groups.some((group) => group.startsWith(`${name}.`));
  return new Set(
    [...names].filter((name) => name.length > 2 && !keys.has(name) && !systemName(name) && !isGroup(name)),
  );
}

/** Kinds whose names mean something to Kubernetes itself. */
const ownWords = new Set([
  'ClusterRoleList',
  'ClusterRoleBindingList',
  'EventList',
  'CSIDriverList',
  'APIServiceList',
  'CustomResourceDefinitionList',
  'PriorityClassList',
  'IngressClassList',
]);

const isOfSystem = ({ metadata }: KubeObject): boolean => systemNamespace(metadata.namespace ?? '');
const systemNamespace = (name: string): boolean => /^kube-|^default$/.test(name);
const systemName = (name: string): boolean => systemNamespace(name) || /^(?:kube-|kubernetes$|system)/.test(name);

/** Names of fields, which an object may be called like; what stands in maps that people fill is none. */
function collectKeys(value: unknown, keys: Set<string>): void {
  if (Array.isArray(value)) value.forEach((part) => collectKeys(part, keys));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, part] of Object.entries(value)) {
    keys.add(key);
    if (!filledByPeople.has(key)) collectKeys(part, keys);
  }
}

const filledByPeople = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'selector',
  'nodeSelector',
  'data',
  'binaryData',
  'stringData',
  'managedFields',
]);

/** Each letter as another: vowels as vowels, so that names stay readable. */
export function otherName(name: string): string {
  const from = 'aeioubcdfghjklmnpqrstvwxyz';
  const to = 'iauoedfghkjlmbpnrqtsvczxwy';
  return `qu${name.replace(/[a-z]/g, (letter) => to[from.indexOf(letter)] ?? letter)}`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
