import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { controllerRef } from '../../kube/owner.ts';
import { shellWord } from '../../lib/process/command-line.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../model/fields.ts';
import { type KubectlCommand, kubectlFor } from './kubectl-command.ts';

/** What a command does, to what, as that is in the evidence. */
interface Change {
  readonly command: KubectlCommand;
  readonly target: Entity;
  readonly object: KubeObject | null;
}

type Undo = (change: Change) => string | null;

/** How each verb is taken back; what only reads is not here. */
const undos: Readonly<Record<string, Undo>> = {
  edit: undoEdit,
  delete: ({ target, object }) =>
    isPodOfController(object)
      ? 'nothing to take back: its controller makes the pod anew'
      : `keep it before: ${kubectlFor(target, 'get', asPath(target), '-o yaml')}; create it again from that, without its resourceVersion and uid`,
  'rollout undo': toRevision,
  'rollout restart': () => 'nothing to take back: the same template is used, only the pods are new',
  'rollout resume': ({ target }) => kubectlFor(target, 'rollout pause', asPath(target)),
  'rollout pause': ({ target }) => kubectlFor(target, 'rollout resume', asPath(target)),
  'set image': (change) => undoImage(change) ?? toRevision(change),
  'set env': (change) => undoEnv(change) ?? toRevision(change),
  'set resources': (change) => undoResources(change) ?? toRevision(change),
  scale: ({ target, object }) => {
    const replicas = numberAt(object, 'spec', 'replicas');
    return replicas === null ? null : kubectlFor(target, 'scale', asPath(target), `--replicas=${replicas}`);
  },
  uncordon: ({ target: { name } }) => `kubectl cordon ${name}`,
  cordon: ({ target: { name } }) => `kubectl uncordon ${name}`,
  patch: undoPatch,
  expose: ({ command, target }) => {
    const service = { kind: 'Service', namespace: target.namespace, name: command.options.get('name') ?? target.name };
    return kubectlFor(service, 'delete', asPath(service));
  },
};

/** Whether an object is a pod that its controller makes again. */
export function isMadeAnew(graph: EvidenceGraph, { kind, namespace, name }: Entity): boolean {
  return isPodOfController(graph.get(kind, namespace, name));
}

const isPodOfController = (object: KubeObject | null): boolean =>
  object?.kind === 'Pod' && controllerRef(object) !== null;

/** How a command is taken back: a command or a sentence; null where there is nothing to take back, or no way is known. */
export function undoOf(command: KubectlCommand, graph: EvidenceGraph): string | null {
  const { verb, target } = command;
  if (target === null) return null;
  if (verb.startsWith('create ')) return kubectlFor(target, 'delete', asPath(target));
  const object = graph.get(target.kind, target.namespace, target.name);
  return undos[verb]?.({ command, target, object }) ?? null;
}

function undoEdit({ target }: Change): string {
  return `keep it before: ${kubectlFor(target, 'get', asPath(target), '-o yaml')}; the same command puts back what stood there`;
}

/** Back to the revision that holds now: only what its pods are made from comes back, which is all that was changed. */
function toRevision({ target, object }: Change): string | null {
  if (!withRevisions.has(target.kind)) return null;
  const revision = textAt(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision');
  return kubectlFor(target, 'rollout undo', asPath(target), ...(revision === '' ? [] : [`--to-revision=${revision}`]));
}

function undoImage({ command, target, object }: Change): string | null {
  const [name = ''] = command.values[0]?.split('=') ?? [];
  const image = textAt(containerOf(object, name), 'image');
  return image === '' ? null : kubectlFor(target, 'set image', asPath(target), shellWord(`${name}=${image}`));
}

function undoEnv({ command, target, object }: Change): string | null {
  const [name = ''] = command.values[0]?.split('=') ?? [];
  const container = containerOf(object, command.options.get('container') ?? '');
  if (container === null || name === '') return null;
  const entry = listAt(container, 'env').find((it) => textAt(it, 'name') === name);
  if (entry !== undefined && dig(entry, 'valueFrom') !== undefined) return null;
  const before = entry === undefined ? `${name}-` : shellWord(`${name}=${textAt(entry, 'value')}`);
  return kubectlFor(target, 'set env', asPath(target), '-c', textAt(container, 'name'), before);
}

function undoResources({ command, target, object }: Change): string | null {
  const container = containerOf(object, command.options.get('container') ?? '');
  if (container === null) return null;
  const before = ['limits', 'requests'].flatMap((part) => {
    const given = command.options.get(part);
    if (given === undefined) return [];
    const names = given.split(',').map((it) => it.split('=')[0] ?? '');
    const old = names.map((name) => `${name}=${textAt(container, 'resources', part, name)}`);
    return [`--${part}=${old.join(',')}`];
  });
  // What was not set before cannot be set back to nothing by this verb.
  if (before.length === 0 || before.some((it) => /=(?:,|$)/.test(it))) return null;
  return kubectlFor(target, 'set resources', asPath(target), '-c', textAt(container, 'name'), ...before);
}

/** The same fields with what they hold now; null takes a field away again. */
function undoPatch({ command, target, object }: Change): string | null {
  if (object === null) return null;
  const kind = command.options.get('type') ?? 'strategic';
  const patch = parseJson(command.options.get('patch') ?? '');
  const before = kind === 'json' ? patchBack(patch, object) : mergeBack(patch, object);
  if (before === null) return null;
  return kubectlFor(
    target,
    'patch',
    asWords(target),
    `--type ${kind === 'json' ? 'json' : 'merge'}`,
    '-p',
    shellWord(JSON.stringify(before)),
  );
}

function mergeBack(patch: unknown, object: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return object ?? null;
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, mergeBack(value, dig(object, key))]));
}

/** A JSON patch of one operation that takes a value away or replaces it; null for others. */
function patchBack(patch: unknown, object: unknown): unknown {
  const [operation, ...more] = Array.isArray(patch) ? (patch as readonly unknown[]) : [];
  const path = textAt(operation, 'path');
  const steps = path
    .split('/')
    .slice(1)
    .map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'));
  const value = dig(object, ...steps);
  const verb = textAt(operation, 'op');
  if (more.length > 0 || value === undefined || !['remove', 'replace'].includes(verb)) return null;
  return [{ op: verb === 'remove' ? 'add' : 'replace', path, value }];
}

const withRevisions: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** A container of a workload's template by its name; the only one where no name is given. */
function containerOf(object: KubeObject | null, name: string): unknown {
  const owner = object?.kind === 'CronJob' ? dig(object, 'spec', 'jobTemplate') : object;
  const pod = dig(owner, 'spec', 'template', 'spec');
  const all = [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')];
  return all.find((it) => textAt(it, 'name') === name) ?? (name === '' && all.length === 1 ? all[0] : null) ?? null;
}

const word = (kind: string): string => kind.toLowerCase();
const asPath = ({ kind, name }: Entity): string => `${word(kind)}/${name}`;
const asWords = ({ kind, name }: Entity): string => `${word(kind)} ${name}`;
