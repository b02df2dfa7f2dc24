import { command } from '../../../report/answer-lines.ts';
import { forCluster } from '../../../domain/decide/kubectl-access.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { shellWord } from '../../../lib/process/command-line.ts';
import { kubectlFor } from '../../remedy/kubectl-command.ts';
import { podsOf, type QuestionView, workloadsOf } from './view.ts';

type Named = Pick<Entity, 'kind' | 'name'> & { readonly namespace?: string | null };

const maxCommands = 3;
/** What runs pods and whose log `kubectl logs` finds by itself. */
const withLogs: ReadonlySet<string> = new Set(['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);

/** Where something is not kept: the commands that show it to a person. They only read. */
export function wouldShow(
  { kept }: QuestionView,
  commands: readonly string[],
  head = 'What would show it:',
): readonly string[] {
  const each = [...new Set(commands)].slice(0, maxCommands);
  return each.length === 0 ? [] : [head, ...each.map((one) => command(forCluster(one, kept.kubectl)))];
}

/** Of the objects in question: those that the question names, else the pods, else the owner. */
export function inQuestion(view: QuestionView): readonly Named[] {
  const { entities } = view.named;
  if (entities.length > 0) return entities.slice(0, maxCommands);
  const { owner, resource } = view.kept.detail.incident;
  // Of all that runs in a namespace, one workload would stand for nothing.
  const [workload] = owner.kind === 'Namespace' ? [] : workloadsOf(view);
  return [workload?.entity ?? (owner.name === '' ? resource : owner)];
}

export function describe(object: Named): string {
  return about(object, 'describe', word(object));
}

export function asYaml(object: Named): string {
  return about(object, 'get', word(object), '-o', 'yaml');
}

export function eventsFor(object: Named): string {
  return about(object, 'events', `--for=${word(object)}`);
}

/** Of every container of a pod, or of one of a workload; empty for what has no log. */
export function logsOf(view: QuestionView): readonly string[] {
  const [pod] = podsOf(view);
  const objects = pod === undefined ? inQuestion(view) : [{ kind: 'Pod', namespace: pod.namespace, name: pod.name }];
  const logged = objects.filter(({ kind }) => withLogs.has(kind));
  if (logged.length === 0) return podsAround(view);
  return logged.flatMap((object) => {
    const logs = (...more: readonly string[]): string =>
      about(object, 'logs', word(object), '--all-containers', '--tail=100', ...more);
    return [logs(), ...(object.kind === 'Pod' ? [logs('--previous')] : [])];
  });
}

export function podsAround(view: QuestionView): readonly string[] {
  const namespaces = inQuestion(view).map(({ kind, name, namespace }) => (kind === 'Namespace' ? name : namespace));
  return namespaces.map((namespace) =>
    namespace === undefined || namespace === null
      ? 'kubectl get pods -A -o wide'
      : kubectlFor(placed(namespace), 'get', 'pods', '-o', 'wide'),
  );
}

export function topOf(view: QuestionView): readonly string[] {
  return inQuestion(view).map((object) => {
    if (object.kind === 'Node') return `kubectl top node ${shellWord(object.name)}`;
    const { namespace = null } = object;
    return namespace === null ? 'kubectl top pods -A' : kubectlFor(placed(namespace), 'top', 'pods', '--containers');
  });
}

export function rolloutHistory(view: QuestionView): readonly string[] {
  const rolled = inQuestion(view).filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind));
  return rolled.map((object) => about(object, 'rollout', 'history', word(object)));
}

function about({ namespace = null }: Named, ...words: readonly [string, ...string[]]): string {
  const [verb, ...rest] = words;
  return kubectlFor(placed(namespace), verb, ...rest);
}

/** `kubectlFor` looks at the namespace alone, and takes it as it is. */
const placed = (namespace: string | null): Entity => ({
  kind: '',
  name: '',
  namespace: namespace === null || namespace === '' ? null : shellWord(namespace),
});

const word = ({ kind, name }: Named): string => shellWord(`${kind.toLowerCase()}/${name}`);
