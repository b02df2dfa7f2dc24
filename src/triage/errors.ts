import type { AgentBreaker } from '../domain/agent-limits.ts';
import type { EngineFault, EngineFaultName } from '../domain/ports.ts';
import { type Problem, problem, type ProblemKind } from '../lib/problem.ts';

/** Problems of triage and its agents. Codes are never used twice. */
export const triageProblems = {
  storeUnavailable: {
    code: 'NC-TRIAGE-001',
    title: 'The state store cannot be written',
    fix: 'Free space on the disk of `data_dir`, or make it writable; waiting runs go on by themselves.',
    about:
      'Runs are claimed and finished as rows. While the store refuses writes nothing is started, nothing is lost, and the attempt is repeated with back-off.',
  },
  workspaceFailed: {
    code: 'NC-TRIAGE-002',
    title: 'The workspace of a run cannot be written',
    fix: 'Check free space and owner of `{path}`.',
    about:
      'Without its workspace no agent can run; the built-in analyst still answers from memory, and the report goes to the artifact store.',
  },
  analystFailed: {
    code: 'NC-TRIAGE-003',
    title: 'The built-in analyst could not run',
    fix: 'Open the log of the run, `logs/events.jsonl` in its workspace, and report the error.',
    about: 'The last resort failed; only then an incident ends as `failed`.',
  },
  artifactsFailed: {
    code: 'NC-TRIAGE-004',
    title: 'The report could not be put into the artifact store',
    fix: 'Check `storage.artifacts`; reports wait in their workspaces and are stored by themselves.',
    about:
      'After two attempts the message goes out with the path of the report in the workspace; storing is tried again from there.',
  },
  objectNotFound: {
    code: 'NC-TRIAGE-005',
    title: 'The object to triage does not exist',
    fix: 'Check kind, namespace and name: `{object}`; objects of the whole cluster are written as `Node//NAME`.',
    about: 'Triage by hand reads the object first; a name that the cluster does not know opens no incident.',
  },
  unknownCluster: {
    code: 'NC-TRIAGE-006',
    title: 'No such cluster in the configuration',
    fix: 'Use one of the names under `clusters`.',
    about: 'Triage by hand takes the name of a configured cluster.',
  },
  unknownKind: {
    code: 'NC-TRIAGE-007',
    title: 'No such kind of object',
    fix: 'Write KIND/NAMESPACE/NAME, for example `Deployment/shop/cart` or `Node//n1`.',
    about: "Triage by hand knows the common kinds of Kubernetes' own API by the names that kubectl has for them.",
  },
  triageOff: {
    code: 'NC-TRIAGE-008',
    title: 'Triage is off for this cluster',
    fix: 'Set `triage.enabled: true` with a kubeconfig for the cluster.',
    about:
      'Nothing is investigated in a cluster with `triage.enabled: false`, not by hand either. Missing permissions do not stop a person.',
  },
  readFailed: {
    code: 'NC-TRIAGE-009',
    title: 'The object to triage could not be read',
    fix: 'Check that the cluster answers and that its credential may read `{object}`.',
    about: 'Triage by hand reads the object before it opens an incident.',
  },
  uploadsWait: {
    code: 'NC-TRIAGE-014',
    title: 'Reports wait to be stored',
    fix: 'Mend what the last error names (`storage.artifacts`, network, disk); they are stored by themselves. To give one up, remove the workspace of its run.',
    about:
      'A report that could not be stored when its run ended is kept in the workspace and tried again, at growing intervals of at most five minutes, until it is stored or its incident is older than `storage.retention.incidents`. Its message went out with the path in the workspace, and is edited when the report is stored.',
    severity: 'warning',
  },
  uploadGivenUp: {
    code: 'NC-TRIAGE-015',
    title: 'A report that waited to be stored is gone',
    fix: 'Nothing, if somebody removed the workspace on purpose; `nightcrier triage` makes a new report.',
    about: 'The workspace that held the report was removed. It is not tried any more.',
  },
  roomGone: {
    code: 'NC-TRIAGE-016',
    title: 'Investigations wait for room on the disk',
    fix: 'free space on the disk of {folder}, or shorten storage.retention; investigations go on by themselves',
    about:
      'Less than 5 of 100 parts of the disk, or 64 MiB where that is less, are free. Evidence, logs and reports stop there, so that faults can still be written down; what was received keeps its place in the queue.',
    severity: 'warning',
  },
  agentNotStarted: {
    code: 'NC-AGENT-001',
    title: 'The agent could not be started',
    fix: 'Run `{script} --help` by hand and check `agent.cli`, `agent.command` and `agent.script`.',
    about: 'The report of the built-in analyst is delivered instead.',
  },
  agentTimedOut: {
    code: 'NC-AGENT-002',
    title: 'The agent took longer than its time limit',
    fix: 'Raise `agent.timeout`, or look into `logs/agent.stderr.log` of the run for what it waited for.',
    about: 'It gets SIGTERM, a grace time, then SIGKILL with everything that it started.',
  },
  agentDefective: {
    code: 'NC-AGENT-003',
    title: 'The agent did not give a usable answer',
    fix: 'Look at the named defects and at `logs/agent.stderr.log` of the run.',
    about: 'Its output does not fit the output contract; the report of the built-in analyst is delivered instead.',
  },
  engineAbsent: {
    code: 'NC-AGENT-004',
    title: 'The container engine is not installed',
    fix: 'Install docker or podman and set `agent.engine`, or, for development only, say `agent.runner: process`: the agent then has the rights of the daemon.',
    about:
      'Agents other than `builtin` run in a container. The program named by `agent.engine` is not in PATH; the built-in analyst answers.',
  },
  engineUnavailable: {
    code: 'NC-AGENT-005',
    title: 'The container engine does not answer',
    fix: 'Start it, and check that this user may use it: `{engine} version`.',
    about: 'No agent can be started without it; the built-in analyst answers until the engine is back.',
  },
  engineLost: {
    code: 'NC-AGENT-006',
    title: 'The container engine went away during a run',
    fix: 'Look into the log of the engine for why it was stopped or restarted; the next run uses it again.',
    about:
      'The container of the agent ended with its engine. What is left of it is removed when the engine is back; the built-in analyst answered.',
  },
  imageMissing: {
    code: 'NC-AGENT-007',
    title: 'The image of the agent is not on this machine',
    fix: 'Build it with `scripts/build-agent-image.sh`, or pull it; `agent.image` names it: `{image}`.',
    about: 'Images are never pulled by a run: what an agent is must not change by itself.',
  },
  imageUnsuitable: {
    code: 'NC-AGENT-008',
    title: 'The image is none for agents',
    fix: 'Build one with `scripts/build-agent-image.sh` and set `agent.image` to it: `{image}`.',
    about:
      'The entry program of the image, which opens the way to the gateway and hands the report over, is not there.',
  },
  agentNotInstalled: {
    code: 'NC-AGENT-009',
    title: 'The image does not have the agent',
    fix: 'Build it with `scripts/build-agent-image.sh --cli {agent}`.',
    about: 'The program of the agent, or one that it needs, is not in the image (exit code 127).',
  },
  agentNotExecutable: {
    code: 'NC-AGENT-010',
    title: 'The program of the agent cannot be run',
    fix: 'Check that it is executable and made for the processor of this machine.',
    about: 'The program is in the image and could not be started (exit code 126).',
  },
  containerNotStarted: {
    code: 'NC-AGENT-011',
    title: 'The container of the agent could not be started',
    fix: 'Read what the engine said, in `logs/agent.stderr.log` of the run; `run-agent.sh --dry-run` prints the command.',
    about:
      'The engine answers, has the image, and refused the container: a network, a limit or a mount that it cannot give.',
  },
  containerRemoved: {
    code: 'NC-AGENT-012',
    title: 'The container of the agent was removed during its run',
    fix: 'Find out who or what removes containers with the label `nightcrier.run`.',
    about: 'Somebody other than nightcrier removed it; the built-in analyst answered.',
  },
  outOfMemory: {
    code: 'NC-AGENT-013',
    title: 'The agent was ended because it needed more memory than it may',
    fix: 'Raise `agent.limits.memory`, or look at what the agent did in `logs/agent.stdout.log` of the run.',
    about: 'The memory of a container holds what its processes use and its HOME and /tmp, which are in memory.',
  },
  containerStopped: {
    code: 'NC-AGENT-015',
    title: 'The container of the agent was stopped during its run',
    fix: 'Find out who or what stops containers with the label `nightcrier.run`; an engine that is restarted does.',
    about: 'It was told to end by somebody other than nightcrier; the built-in analyst answered.',
  },
  openNetwork: {
    code: 'NC-AGENT-014',
    title: 'Agents reach more than the gateway',
    fix: 'Set `agent.egress: gateway`.',
    about:
      'With `agent.egress: bridge` containers have a network: an agent that is led astray can send what it reads to anybody. Meant for agents that need a service of your own.',
    severity: 'warning',
  },
  agentUnlocked: {
    code: 'NC-AGENT-016',
    title: 'An agent runs without a container',
    fix: 'Leave `agent.runner` at `auto` or `docker`, unless this is for development.',
    about:
      'With `agent.runner: process` an agent is a process with the rights of the daemon, the network of the machine and the real credential of its cluster; `agent.limits`, `agent.egress` and the gateway do not hold for it.',
    severity: 'warning',
  },
  agentBreakerOpen: {
    code: 'NC-AGENT-020',
    title: 'The agent failed several times in a row and is not started for now',
    fix: 'Look at the last failure with `nightcrier show INCIDENT`; the agent is tried again by itself after `circuit_breaker.cool_down`.',
    about:
      'The circuit breaker of the agent is open: the built-in analyst answers, marked as such. After the cool-down one run tries the agent; when it works, the breaker closes. Its state is on disk.',
  },
  agentOverBudget: {
    code: 'NC-AGENT-021',
    title: 'The agent is over its budget',
    fix: 'Wait until the limit that is named is free again, or raise it under `budget`.',
    about:
      'What agents may spend and how often they may be started is bounded by `budget`, for a run, an hour, a day and a cluster. Over it the built-in analyst answers, marked as such.',
  },
} as const satisfies Record<string, ProblemKind>;

/** What a person has to know of agents whose breaker is not closed; `used` are those that are configured. */
export function breakerProblems(breakers: readonly AgentBreaker[], used: ReadonlySet<string>): Problem[] {
  return breakers
    .filter(({ agent, state }) => state !== 'closed' && used.has(agent))
    .map(({ agent, failures, reason }) => {
      const said = `agent ${agent} failed ${failures} times in a row and is not used for now; the last: ${reason}`;
      return problem(triageProblems.agentBreakerOpen, said);
    });
}

/** The problem of each fault around a container. */
export const engineFaultProblems: Readonly<Record<EngineFaultName, ProblemKind>> = {
  engine_absent: triageProblems.engineAbsent,
  engine_unavailable: triageProblems.engineUnavailable,
  engine_lost: triageProblems.engineLost,
  image_missing: triageProblems.imageMissing,
  image_unsuitable: triageProblems.imageUnsuitable,
  agent_not_installed: triageProblems.agentNotInstalled,
  agent_not_executable: triageProblems.agentNotExecutable,
  container_not_started: triageProblems.containerNotStarted,
  container_stopped: triageProblems.containerStopped,
  container_removed: triageProblems.containerRemoved,
  out_of_memory: triageProblems.outOfMemory,
};

/** What a fault around containers means with this engine and image. */
export function engineProblem(
  { fault, detail }: EngineFault,
  { engine, image, cli }: { readonly engine: string; readonly image: string; readonly cli: string },
): Problem {
  const kind = engineFaultProblems[fault];
  return problem(kind, `${kind.title}: ${detail}`, { engine, image, agent: cli });
}
