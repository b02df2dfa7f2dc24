import type { EvidenceFile } from '../../domain/ports.ts';
import type { Change } from '../../domain/verdict/findings.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { readEvent } from './events.ts';
import { fieldOf, objectName, objectOf, parsed, textFields, timeOf } from './objects.ts';

/** Older changes are told by nobody unless they are asked for: too much lies between. */
const usualMs = 24 * 3_600_000;
/** What changes at the moment of the first fault may have been written a little later. */
const slackMs = 60_000;
const maxChanges = 10;

/**
 * What changed within the 24 hours before the first fault, or within `windowMs`, as far as the evidence holds it, the newest
 * first: rollouts, releases, objects that were created or changed, replicas and nodes. `since` in ms since the epoch.
 */
export function changesBefore(
  files: readonly EvidenceFile[],
  since: number,
  windowMs: number = usualMs,
): readonly Change[] {
  const objects = files.flatMap(({ path, text }) => {
    const content = path.startsWith('evidence/objects/') ? parsed(text) : null;
    return content === null ? [] : [{ path, content, name: objectOf(path, content) ?? path }];
  });
  const events = files.flatMap(({ path, text }) => {
    const content = path.startsWith('evidence/events/') ? parsed(text) : null;
    return Array.isArray(content) ? content : [];
  });
  const all = [...rollouts(objects), ...objects.flatMap(objectChanges), ...events.flatMap(eventChanges)];
  const near = all.filter(({ at }) => at > since - windowMs && at <= since + slackMs);
  return once(near.sort((a, b) => b.at - a.at)).slice(0, maxChanges);
}

interface Held {
  readonly path: string;
  readonly content: object;
  readonly name: string;
}

const kindOf = ({ path, content }: Held): string => textFields(content)('kind') ?? path.split('/')[3] ?? '';
const createdAt = ({ content }: Held): number | null =>
  timeOf(fieldOf(fieldOf(content, 'metadata'), 'creationTimestamp'));

/** One rollout is one ReplicaSet; what is new in it is what the one before had not. */
function rollouts(objects: readonly Held[]): Change[] {
  const sets = objects.flatMap((held) => {
    if (kindOf(held) !== 'ReplicaSet') return [];
    const owner = ownerOf(held, 'Deployment');
    const revision = Number(fieldOf(annotationsOf(held), 'deployment.kubernetes.io/revision'));
    const at = createdAt(held);
    return owner === null || at === null || !Number.isSafeInteger(revision) ? [] : [{ held, owner, revision, at }];
  });
  return sets.map(({ held, owner, revision, at }) => {
    const earlier = sets.filter((one) => one.owner === owner && one.revision < revision);
    const before = earlier.sort((a, b) => b.revision - a.revision)[0];
    const images = before === undefined ? '' : imageChange(before.held, held);
    const first = revision === 1 ? 'first rollout' : `revision ${revision} rolled out`;
    return { at, kind: 'rollout', object: owner, words: `${first}${images}` };
  });
}

function imageChange(before: Held, after: Held): string {
  const old = imagesOf(before);
  const changed = [...imagesOf(after)].filter(([container, image]) => (old.get(container) ?? image) !== image);
  if (changed.length === 0) return '';
  const [first] = changed.map(([container, image]) => `image ${old.get(container) ?? ''} became ${image}`);
  return `: ${first}${changed.length > 1 ? `, and ${plural(changed.length - 1, 'more image')}` : ''}`;
}

function imagesOf({ content }: Held): Map<string, string> {
  const containers = fieldOf(fieldOf(fieldOf(fieldOf(content, 'spec'), 'template'), 'spec'), 'containers');
  const pairs = (Array.isArray(containers) ? containers : []).flatMap((container): [string, string][] => {
    const text = textFields(container);
    const [name, image] = [text('name'), text('image')];
    return name === undefined || image === undefined ? [] : [[name, oneLine(image, 200)]];
  });
  return new Map(pairs);
}

/** Made by controllers for every rollout or all the time: their creation says nothing of its own. */
const derived = new Set(['Pod', 'ReplicaSet', 'EndpointSlice', 'Endpoints', 'ControllerRevision', 'Lease', 'Event']);
/** Their fields are written by controllers as they work. */
const controllers = /^(kube-|kubelet|cloud-controller|cluster-autoscaler|coredns|k3s|rke2)/;

function objectChanges(held: Held): Change[] {
  const at = createdAt(held);
  const release = releaseOf(held);
  if (release !== null) return at === null ? [] : [{ at, kind: 'release', ...release }];
  if (derived.has(kindOf(held)) || held.name.endsWith('/kube-root-ca.crt')) return [];
  const created: Change[] = at === null ? [] : [{ at, kind: 'created', object: held.name, words: 'was created' }];
  return [...created, ...managedChanges(held, at)];
}

function managedChanges(held: Held, created: number | null): Change[] {
  const fields = fieldOf(fieldOf(held.content, 'metadata'), 'managedFields');
  return (Array.isArray(fields) ? fields : []).flatMap((entry): Change[] => {
    const text = textFields(entry);
    const at = timeOf(text('time'));
    const manager = oneLine(text('manager') ?? 'somebody', 60);
    if (at === null || text('subresource') === 'status' || controllers.test(manager)) return [];
    if (created !== null && at <= created + 1000) return [];
    const words = text('subresource') === 'scale' ? `was scaled by ${manager}` : `was changed by ${manager}`;
    return [{ at, kind: 'changed', object: held.name, words }];
  });
}

/** A revision of a Helm release is a Secret of a type of its own: https://helm.sh/docs/topics/advanced/#storage-backends */
function releaseOf(held: Held): Pick<Change, 'object' | 'words'> | null {
  if (kindOf(held) !== 'Secret' || textFields(held.content)('type') !== 'helm.sh/release.v1') return null;
  const metadata = fieldOf(held.content, 'metadata');
  const labels = textFields(fieldOf(metadata, 'labels'));
  const name = objectName('Helm release', textFields(metadata)('namespace') ?? null, labels('name') ?? held.name);
  return {
    object: name,
    words: `revision ${oneLine(labels('version') ?? '?', 20)} (${oneLine(labels('status') ?? 'unknown', 40)})`,
  };
}

const telling = new Set(['SuccessfulRescale', 'ScalingReplicaSet', 'Evicted', 'Preempted', 'TaintManagerEviction']);

/** What controllers and nodes did: replicas that changed, nodes that went. */
function eventChanges(raw: unknown): Change[] {
  const event = readEvent(raw);
  if (event === null || event.at === null) return [];
  if (event.kind !== 'Node' && !telling.has(event.reason)) return [];
  const words = oneLine(`${event.reason}: ${event.message}`, 200);
  return [{ at: event.at, kind: 'event', object: event.object, words }];
}

/** A rollout tells of the scaling of its own ReplicaSets, and of the change of its Deployment. */
function once(changes: readonly Change[]): Change[] {
  const rolled = changes.filter(({ kind }) => kind === 'rollout');
  const isTold = ({ at, kind, object }: Change): boolean =>
    (kind === 'event' || kind === 'changed' || kind === 'created') &&
    rolled.some((rollout) => rollout.object === object && Math.abs(rollout.at - at) <= 10_000);
  const unique = new Map(changes.filter((it) => !isTold(it)).map((it) => [`${it.at} ${it.object} ${it.words}`, it]));
  return [...unique.values()];
}

function ownerOf({ content }: Held, kind: string): string | null {
  const metadata = fieldOf(content, 'metadata');
  const owners = fieldOf(metadata, 'ownerReferences');
  const owner = (Array.isArray(owners) ? owners : []).find((one) => textFields(one)('kind') === kind);
  const name = textFields(owner)('name');
  return name === undefined ? null : objectName(kind, textFields(metadata)('namespace') ?? null, name);
}

const annotationsOf = ({ content }: Held): unknown => fieldOf(fieldOf(content, 'metadata'), 'annotations');
