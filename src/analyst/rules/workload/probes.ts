import { entityOf, entityText } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { parseLog } from '../../model/parse-log.ts';
import type { ContainerView, PodView, Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const probeRules: readonly Rule[] = [
  {
    id: 'probe-fails',
    catalogue: [54, 55, 56],
    needs: 'Unhealthy events of a pod that is not ready or is killed, and its probes',
    conclude: (view) => view.workloads.flatMap((workload) => probeTroubles(view, workload).map(explain)),
  },
];

interface ProbeTrouble {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly field: 'livenessProbe' | 'readinessProbe' | 'startupProbe';
  readonly probe: unknown;
  readonly event: ClusterEvent;
}

/** The probe that keeps a pod from being ready, or gets it killed; the killing one first. */
function probeTroubles({ graph }: RuleView, workload: Workload): ProbeTrouble[] {
  for (const pod of workload.currentPods.slice(0, 5)) {
    if (pod.ready && !pod.containers.some((it) => it.restarts >= 3)) continue;
    const events = graph
      .eventsOf(entityOf(pod.object))
      .filter((it) => it.reason === 'Unhealthy' || it.reason === 'ProbeError');
    const killed = graph
      .eventsOf(entityOf(pod.object))
      .some((it) => it.reason === 'Killing' && /probe/.test(it.message));
    for (const field of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      const word = field.replace('Probe', '');
      const event = events.findLast((it) => it.message.toLowerCase().startsWith(word));
      const container = pod.containers.find((it) => dig(it.spec, field) !== undefined && isAbout(it, field, killed));
      if (!event || !container) continue;
      return [{ graph, workload, pod, container, field, probe: dig(container.spec, field), event }];
    }
  }
  return [];
}

/** A liveness probe matters when the container is killed for it; a readiness probe when the container runs. */
function isAbout(container: ContainerView, field: string, killed: boolean): boolean {
  if (field === 'readinessProbe') return container.running && !container.ready;
  return killed && (container.restarts > 0 || !container.ready);
}

function explain(failing: ProbeTrouble): Conclusion {
  const { event } = failing;
  const status = /statuscode: (\d+)/.exec(event.message)?.[1];
  if (/executable file not found|no such file or directory|OCI runtime exec failed/.test(event.message))
    return wrongCommand(failing);
  if (
    status === '404' ||
    status === '405' ||
    status === '401' ||
    status === '403' ||
    /HTTPS? .*response|malformed HTTP|tls: first record/i.test(event.message)
  )
    return wrongPath(failing, status);
  if (/connection refused|connect: |no such host|EOF|reset by peer/i.test(event.message)) return refused(failing);
  if (/deadline exceeded|timed? ?out|Timeout/i.test(event.message)) return tooHasty(failing, 'timeoutSeconds');
  return appSaysNo(failing, status);
}

const probePath = (it: ProbeTrouble): string => textAt(it.probe, 'httpGet', 'path') || '/';

/** The port of a probe; a named one is looked up in the container's ports. */
function probePort(failing: ProbeTrouble): { text: string; port: number | null } {
  const text =
    ['httpGet', 'tcpSocket', 'grpc'].map((how) => textAt(failing.probe, how, 'port')).find((x) => x !== '') ?? '';
  if (/^\d+$/.test(text)) return { text, port: Number(text) };
  const named = listAt(failing.container.spec, 'ports').find((x) => textAt(x, 'name') === text);
  return { text, port: numberAt(named, 'containerPort') };
}

function base(failing: ProbeTrouble) {
  const { graph, workload, event, field } = failing;
  return {
    entity: workload.entity,
    evidence: [graph.eventRef(event), graph.refIn(workload.entity, `"${field}"`)],
    remediation: edit(`Correct the ${field} of container ${failing.container.name}`, workload.entity),
  };
}

const title = (failing: ProbeTrouble): string =>
  `The ${failing.field} of container ${failing.container.name} (${entityText(failing.workload.entity)})`;

function wrongCommand(failing: ProbeTrouble): Conclusion {
  const command = listAt(failing.probe, 'exec', 'command').map(String);
  const named = /exec: "([^"]+)"/.exec(failing.event.message)?.[1] ?? command[0] ?? 'exec';
  return conclusion('probe-command', {
    ...base(failing),
    mechanism: 'probe_wrong',
    wrongValue: named,
    statement: `${title(failing)} runs ${command.join(' ') || named}, which does not exist in the container.`,
    weight: 90,
    evidence: [...base(failing).evidence, failing.graph.refIn(failing.workload.entity, JSON.stringify(named))],
    ruledOut: 'the application: its probe cannot run at all',
  });
}

function wrongPath(failing: ProbeTrouble, status: string | undefined): Conclusion {
  const path = probePath(failing);
  return conclusion('probe-path', {
    ...base(failing),
    mechanism: 'probe_wrong',
    wrongValue: status === undefined ? textAt(failing.probe, 'httpGet', 'scheme') || path : path,
    statement: `${title(failing)} asks ${path} on port ${probePort(failing).text}, which answers ${status ?? 'in another protocol'}; the application runs and serves no such path.`,
    weight: 89,
    evidence: [
      ...base(failing).evidence,
      failing.graph.refIn(failing.workload.entity, `"path": "${path}"`),
      servedRef(failing, path),
    ],
    ruledOut: 'a crash of the application: it answers the probe',
  });
}

/** The line in which the application itself answers the probe's path. */
function servedRef(failing: ProbeTrouble, path: string) {
  const { graph, pod } = failing;
  for (const log of graph.logsOf(pod.namespace, pod.name)) {
    const entry = parseLog(log.text).findLast((x) => x.message.includes(` ${path} `));
    if (entry) return graph.ref(log.path, entry.message);
  }
  return null;
}

function refused(failing: ProbeTrouble): Conclusion {
  const { text, port } = probePort(failing);
  const listening = listeningPorts(failing);
  const declared = listAt(failing.container.spec, 'ports').flatMap((x) => numberAt(x, 'containerPort') ?? []);
  const known = listening.length > 0 ? listening : declared;
  if (port === null || (known.length > 0 && !known.includes(port))) {
    return conclusion('probe-port', {
      ...base(failing),
      mechanism: 'probe_wrong',
      wrongValue: text,
      statement: `${title(failing)} asks port ${text}${port === null && text !== '' ? ', a name that no port of the container has' : ''}, but the application listens on ${known.join(', ') || 'another one'}: connection refused.`,
      weight: 89,
      evidence: [
        ...base(failing).evidence,
        failing.graph.refIn(failing.workload.entity, /^\d+$/.test(text) ? `"port": ${text}` : `"port": "${text}"`),
        listeningRef(failing),
      ],
      ruledOut: 'a crash of the application: its log is clean',
    });
  }
  return failing.field === 'readinessProbe' ? notListening(failing, text) : tooHasty(failing, 'initialDelaySeconds');
}

function listeningPorts(failing: ProbeTrouble): number[] {
  const { pod } = failing;
  const logs = failing.graph.logsOf(pod.namespace, pod.name).filter((x) => x.container === failing.container.name);
  return logs.flatMap((log) =>
    parseLog(log.text).flatMap((entry) => Number(says.listens.exec(entry.message)?.[1]) || []),
  );
}

function listeningRef(failing: ProbeTrouble) {
  const { graph, pod } = failing;
  for (const log of graph.logsOf(pod.namespace, pod.name).filter((x) => x.container === failing.container.name)) {
    const entry = parseLog(log.text).findLast((x) => says.listens.test(x.message));
    if (entry) return graph.ref(log.path, entry.message);
  }
  return null;
}

function notListening(failing: ProbeTrouble, port: string): Conclusion {
  return conclusion('not-listening', {
    ...base(failing),
    mechanism: 'readiness_failing',
    wrongValue: port,
    statement: `${entityText(failing.workload.entity)} runs and does not listen on port ${port}, which its readiness probe asks: connection refused.`,
    weight: 60,
    confidence: 'medium',
  });
}

/** A probe that gives the application too little time. */
function tooHasty(failing: ProbeTrouble, first: string): Conclusion {
  const { probe, workload } = failing;
  const values = ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((name) => ({
    name,
    value: numberAt(probe, name),
  }));
  const shown = values
    .filter((x) => x.value !== null)
    .map((x) => `${x.name} ${x.value}`)
    .join(', ');
  const delay = numberAt(probe, 'initialDelaySeconds') ?? 0;
  const allowed = delay + (numberAt(probe, 'periodSeconds') ?? 10) * (numberAt(probe, 'failureThreshold') ?? 3);
  const hasty = (numberAt(probe, 'failureThreshold') ?? 3) < 3 || delay === 0;
  const wrong = first === 'timeoutSeconds' ? first : hasty ? 'failureThreshold' : 'initialDelaySeconds';
  const value = numberAt(probe, wrong);
  return conclusion('probe-hasty', {
    ...base(failing),
    mechanism: 'probe_aggressive',
    wrongValue: wrong,
    statement: `${title(failing)} (${shown}) gives up after about ${allowed} s and gets the container killed before the application is up: ${failing.event.message.slice(0, 200)}`,
    weight: 86,
    confidence: allowed <= 60 || first === 'timeoutSeconds' ? 'high' : 'medium',
    evidence: [
      ...base(failing).evidence,
      value === null ? null : failing.graph.refIn(workload.entity, `"${wrong}": ${value}`),
      killRef(failing),
    ],
    ruledOut: 'an error of the application: its log ends without one',
    remediation: edit(
      `Give container ${failing.container.name} more time: a startupProbe, or a greater ${wrong}`,
      workload.entity,
    ),
  });
}

function killRef(failing: ProbeTrouble) {
  const { graph } = failing;
  const event = graph.eventsOf(entityOf(failing.pod.object)).findLast((x) => x.reason === 'Killing');
  return graph.eventRef(event);
}

/** The application answers that it is not ready; its log tells why. */
function appSaysNo(failing: ProbeTrouble, status: string | undefined): Conclusion {
  const { graph, pod, workload } = failing;
  const log = graph.logsOf(pod.namespace, pod.name).find((x) => x.container === failing.container.name && !x.previous);
  const entries = log ? parseLog(log.text) : [];
  const entry = entries.findLast((x) => x.level === 'error' || x.level === 'warn') ?? null;
  return conclusion('readiness-failing', {
    ...base(failing),
    mechanism: 'readiness_failing',
    wrongValue: status ?? probePath(failing),
    statement: `${entityText(workload.entity)} runs and answers its ${failing.field} (${probePath(failing)}) with ${status ?? 'a failure'}${entry ? `: ${entry.message}` : ''}.`,
    weight: 65,
    confidence: entry ? 'high' : 'medium',
    evidence: [...base(failing).evidence, entry && log ? graph.ref(log.path, entry.message) : null],
    ruledOut: 'a wrong probe: the path answers, with a refusal',
    remediation: step(
      `Look at why ${workload.entity.name} says that it is not ready${entry ? `: ${entry.message.slice(0, 150)}` : ''}`,
      null,
      'none',
    ),
  });
}
