import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt, textsAt } from '../../model/fields.ts';
import { mountOf } from '../../model/pod-references.ts';
import { type ContainerView, lastEnd, type PodView, type Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, type Step } from '../rule.ts';

export const startFailureRules: readonly Rule[] = [
  {
    id: 'start-failure',
    catalogue: [5, 13, 18],
    needs:
      'what the container runtime says of a container that it could not create or start, or the one line of a program that could not be run',
    unless: 'the container was started by the same runtime before, or it ends with a log of its own',
    conclude: startFailures,
  },
];

/** A container that did not start, and what the runtime says of it. */
interface Start {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly text: string;
  readonly ref: EvidenceRef | null;
}

interface Finding {
  readonly entity?: Entity;
  readonly mechanism: Mechanism;
  readonly value: string;
  readonly what: string;
  readonly todo: string;
  readonly ruledOut?: string;
  readonly confidence?: Conclusion['confidence'];
}

type Read = (start: Start) => Finding | null;

const maxPods = 3;

function startFailures({ graph, workloads, troubles }: RuleView): Conclusion[] {
  const logged = troubles.flatMap(({ workload, pod, container, reason, log }): Start[] =>
    reason !== null && log !== null && execLine.test(reason.text)
      ? [{ graph, workload, pod, container, text: reason.text, ref: graph.ref(log.path, reason.quote) }]
      : [],
  );
  const told = workloads.flatMap((workload) =>
    workload.pods
      .filter((pod) => !pod.deleting && !pod.ready)
      .slice(0, maxPods)
      .flatMap((pod) => pod.containers.flatMap((container) => startOf(graph, workload, pod, container) ?? [])),
  );
  return [...told, ...logged].flatMap((start) => {
    for (const read of readers) {
      const found = read(start);
      if (found) return [conclude(start, found)];
    }
    return [];
  });
}

/** What a program's first line says when the kernel could not run it. */
const execLine = /^exec \S+: |bad interpreter|\^M|\\r['":]|env: (?:can't execute|['‘"])/;

function startOf(graph: EvidenceGraph, workload: Workload, pod: PodView, container: ContainerView): Start | null {
  const end = lastEnd(container);
  const waiting = /^(?:CreateContainerError|RunContainerError)$/.test(container.waitingReason)
    ? container.waitingMessage
    : '';
  const text = waiting || (/StartError|ContainerCannotRun/.test(end?.reason ?? '') ? (end?.message ?? '') : '');
  if (text === '') return null;
  return { graph, workload, pod, container, text, ref: graph.refIn(entityOf(pod.object), text) };
}

function conclude(start: Start, found: Finding): Conclusion {
  const { graph, workload, pod, container, ref } = start;
  const end = lastEnd(container);
  const entity = found.entity ?? workload.entity;
  return conclusion(`start-${found.mechanism}`.replaceAll('_', '-'), {
    entity,
    mechanism: found.mechanism,
    wrongValue: found.value,
    statement: `Container ${container.name} of ${entityText(workload.entity)} cannot start: ${found.what}.`,
    weight: 93,
    confidence: found.confidence ?? 'high',
    evidence: [
      ref,
      container.waitingReason === '' ? null : graph.fieldRef(pod.object, 'reason', container.waitingReason),
      end ? graph.fieldRef(pod.object, 'exitCode', end.exitCode) : null,
      graph.refIn(entity, found.value),
    ],
    affects: [workload.entity],
    ruledOut: found.ruledOut ?? 'settings and what it depends on: none of its code has run',
    remediation: todo(entity, found.todo),
  });
}

const todo = (entity: Entity, action: string): Step => edit(action, entity);

/** Lines that end as on Windows: the name of the interpreter has one character more. */
const windowsLines: Read = ({ text }) => {
  const name = /(?:['"‘]?)([\w./-]+)(?:\\r|\^M|\r)/.exec(text)?.[1];
  if (name === undefined) return null;
  return {
    mechanism: 'script_error',
    value: name,
    what: `the first line of its script ends as on Windows (CR LF), so ${name} followed by a carriage return is looked for as its interpreter`,
    todo: 'Save the script with line ends of Unix (LF) and build the image again',
    ruledOut: 'a script that is missing: its first line has been read',
  };
};

/** A script of a ConfigMap: its first line is in the evidence, and says which interpreter is missing. */
const mappedScript: Read = ({ graph, text, workload, container }) => {
  const file = /(?:^|[\s:])exec "?(\/[^\s":]+)"?: no such file or directory/.exec(text)?.[1];
  const mount = file === undefined ? null : mountOf(workload, container.name, file);
  if (file === undefined || mount?.kind !== 'configMap') return null;
  const map = graph.get('ConfigMap', workload.entity.namespace, mount.name);
  const key = mount.subPath || file.slice(mount.path.length + 1);
  const [first = ''] = (textsAt(map, 'data')[key] ?? '').split('\n');
  const name = /^#! ?(\S+)/.exec(first)?.[1];
  if (!map || name === undefined) return null;
  const isWindows = first.endsWith('\r');
  return {
    entity: entityOf(map),
    mechanism: isWindows ? 'script_error' : 'bad_command',
    value: name,
    what: isWindows
      ? `the first line of ${key} in ConfigMap ${mount.name} ends as on Windows (CR LF), so ${name} followed by a carriage return is looked for as its interpreter`
      : `${file} is there (key ${key} of ConfigMap ${mount.name}), and the interpreter ${name}, which its first line names, is not in the image ${container.image}`,
    todo: isWindows
      ? `Save key ${key} of ConfigMap ${mount.name} with line ends of Unix (LF)`
      : `Let the first line of key ${key} in ConfigMap ${mount.name} name a shell that the image has, as /bin/sh, or use an image with ${name}`,
    ruledOut: `a script that is missing: key ${key} of ConfigMap ${mount.name} exists`,
  };
};

/** A script, which is for no CPU, so that its first line is what the kernel misses. */
const noFirstLine: Read = ({ text }) => {
  const file = /(?:^|\s)exec "?(\/[^\s":]+\.(?:sh|bash|py|rb|pl|js))"?: exec format error/.exec(text)?.[1];
  if (file === undefined) return null;
  const what = `${file} is there and does not begin with a line that names its interpreter (#!)`;
  return { mechanism: 'script_error', value: file, what, todo: `Let ${file} begin with a line such as #!/bin/sh` };
};

/** The file is there: the runtime has looked it up before it ran it. What it needs to run is not. */
const interpreter: Read = ({ text }) => {
  const bad = /bad interpreter|env: can't execute|env: ['‘"]/.test(text);
  const file = /(?:^|[\s:])exec (\/\S+): no such file or directory/.exec(text)?.[1];
  const named = bad
    ? /(?:([\w./-]+): bad interpreter|can't execute '([^']+)'|env: ['‘"]([\w./-]+)['’"])/.exec(text)
    : null;
  const name = named?.[1] ?? named?.[2] ?? named?.[3];
  if (file === undefined && name === undefined) return null;
  return {
    mechanism: 'bad_command',
    value: name ?? file ?? '',
    what:
      name === undefined
        ? `${file} is in the image, but what should run it is not: the interpreter of its first line, or for a binary the loader and C library that it was built for ("no such file or directory")`
        : `the interpreter ${name}, which the first line of its script names, is not in the image`,
    todo: `Put the interpreter into the image, or correct the first line of the script${name === undefined ? '; for a binary, build it for the C library of the image (glibc, musl) or statically' : ''}`,
    ruledOut:
      name === undefined
        ? 'a file that is missing: the runtime had found it'
        : 'a script that is missing: its first line has been read',
  };
};

const notExecutable: Read = ({ text, workload, container }) => {
  const path = /exec:? "?(\/[^\s":]+|[\w.-]+)"?: (?:permission denied|Permission denied)/.exec(text)?.[1];
  if (path === undefined) return null;
  const mount = mountOf(workload, container.name, path);
  const mapped = mount?.kind === 'configMap' || mount?.kind === 'secret';
  return {
    mechanism: 'bad_command',
    value: path,
    what: mapped
      ? `${path} comes from ${mount.kind} ${mount.name}, whose files are not executable unless the volume's defaultMode says so`
      : `${path} may not be executed: the file lacks the right to (mode x), or the user of the container has none to its folder`,
    todo: mapped
      ? `Set defaultMode: 0755 on volume ${mount.volume}, or run the file through its interpreter`
      : `Make ${path} executable in the image (chmod +x)`,
    ruledOut: 'a file that is missing: it was found',
  };
};

const directory: Read = ({ text }) => {
  const path = /exec: "([^"]+)": is a directory/.exec(text)?.[1];
  if (path === undefined) return null;
  return {
    mechanism: 'bad_command',
    value: path,
    what: `${path} is a directory, not a program`,
    todo: `Name the program in the command, not its folder ${path}`,
  };
};

const noCommand: Read = ({ text, container }) =>
  /no command specified/i.test(text)
    ? {
        mechanism: 'bad_command',
        value: container.image,
        what: `the image ${container.image} has no command of its own, and the container sets none`,
        todo: `Set the command of container ${container.name}, or build the image with an entrypoint`,
      }
    : null;

const workingDirectory: Read = ({ text, container, workload }) => {
  const match =
    /chdir to cwd \("([^"]+)"\)[^:]*: ?(?:[^:]*: )?(no such file or directory|permission denied|not a directory)/i.exec(
      text,
    );
  if (!match) return null;
  const [, path = '', why = ''] = match;
  const denied = /permission/i.test(why);
  const own = listAt(workload.template, 'containers').some((one) => textAt(one, 'workingDir') === path);
  return {
    mechanism: denied ? 'security_context' : 'bad_command',
    value: path,
    what: `its working directory ${path} (${own ? 'workingDir of the container' : 'of the image'}) ${denied ? 'may not be entered by the user that it runs as' : 'does not exist'}`,
    todo: denied
      ? `Let container ${container.name} run as a user who may enter ${path}, or give it another workingDir`
      : `Correct workingDir of container ${container.name}`,
  };
};

const user: Read = ({ text, container }) => {
  const name = /unable to find (?:user|group) ([\w.-]+): no matching entries/.exec(text)?.[1];
  if (name === undefined) return null;
  return {
    mechanism: 'security_context',
    value: name,
    what: `its image says that it runs as ${name}, and has no such user or group`,
    todo: `Set runAsUser of container ${container.name} to a number, or make ${name} in the image`,
  };
};

/** A file that is mounted where the image has a directory, or the reverse. */
const mountOver: Read = ({ text, container, workload }) => {
  const match =
    /error mounting "[^"]*" to rootfs at "([^"]+)"[\s\S]*?(not a directory|is a directory|no such file or directory|file exists|read-only file system)/.exec(
      text,
    );
  if (!match) return null;
  const [, path = '', why = ''] = match;
  const mount = mountOf(workload, container.name, path);
  return {
    mechanism: 'bad_config_value',
    value: path,
    what: `volume ${mount?.volume ?? ''} cannot be mounted at ${path}: ${why} (a file over a directory, or the reverse${mount?.subPath ? `; subPath ${mount.subPath}` : ''})`,
    todo: `Correct mountPath or subPath of volume ${mount?.volume ?? ''} in container ${container.name}`,
  };
};

const tooLittleMemory: Read = ({ text, container }) => {
  if (!/OOM-killed|memory limit too low/i.test(text)) return null;
  const limit = textAt(container.spec, 'resources', 'limits', 'memory');
  return {
    mechanism: 'oom_limit',
    value: limit,
    what: `its memory limit of ${limit || 'the pod'} is too low even to start a process: the kernel ended it at once`,
    todo: `Raise the memory limit of container ${container.name}; a limit of some bytes is often a unit that is missing (Mi)`,
    ruledOut: 'what the program needs: it has not run',
  };
};

const sessionKeys: Read = ({ text, pod }) =>
  /session key(?:ring)?[\s\S]*disk quota exceeded/i.test(text) && pod.node !== ''
    ? {
        entity: { kind: 'Node', namespace: null, name: pod.node },
        mechanism: 'node_limit',
        value: 'disk quota exceeded',
        what: `node ${pod.node} has used up its kernel keys (kernel.keys.maxkeys): each container takes one`,
        todo: `Raise kernel.keys.maxkeys on ${pod.node}`,
        ruledOut: 'a full disk: the quota is that of the kernel keys',
      }
    : null;

const readers: readonly Read[] = [
  windowsLines,
  mappedScript,
  noFirstLine,
  interpreter,
  directory,
  notExecutable,
  noCommand,
  workingDirectory,
  user,
  mountOver,
  tooLittleMemory,
  sessionKeys,
];
