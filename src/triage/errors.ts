import type { AgentBreaker } from '../domain/agent-limits.ts';
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
    fix: 'Check `storage.artifacts`; the report is in the workspace: `{path}`.',
    about: 'The message goes out with the path in the workspace after a bounded number of attempts.',
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
