import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph, LogFile } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { type LogEntry, parseLog } from '../../model/parse-log.ts';
import { listening, waitsForOthers } from './probe-words.ts';
import type { ContainerView, PodView, Workload } from '../../model/workload.ts';
import { edit } from '../rule.ts';

/** A line of a container's log with the file that it stands in. */
export interface Line {
  readonly log: LogFile;
  readonly entry: LogEntry;
}

const probeFields = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;

/** A probe that keeps a pod from being ready or gets its container killed, with what the kubelet said last. */
export interface FailingProbe {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly field: (typeof probeFields)[number];
  readonly probe: unknown;
  readonly event: ClusterEvent;
  /** What the kubelet adds to "probe failed": the answer, the error of the connection, the output of the command. */
  readonly said: string;
  /** What the container logs, of both its runs, oldest first. */
  readonly lines: readonly Line[];
}

const maxPods = 5;

/** The failing probe of a workload's newest pods; of several of one pod the one that gets it killed. */
export function failingProbe(graph: EvidenceGraph, workload: Workload): FailingProbe | null {
  for (const pod of workload.currentPods.slice(0, maxPods)) {
    if (pod.ready && !pod.containers.some((it) => it.restarts >= 3)) continue;
    const events = graph.eventsOf(entityOf(pod.object));
    const killed = events.some((it) => it.reason === 'Killing' && /probe/.test(it.message));
    for (const field of probeFields) {
      const container = pod.containers.find((it) => dig(it.spec, field) !== undefined && isAbout(it, field, killed));
      const event = tellingEvent(events, field.replace('Probe', ''));
      if (!event || !container) continue;
      const lines = linesOf(graph, pod, container);
      const said = event.message.replace(/^\w+ probe (?:failed|errored)[^:]*:\s*/i, '').trim();
      return { graph, workload, pod, container, field, probe: dig(container.spec, field), event, said, lines };
    }
  }
  return null;
}

/** A liveness probe matters when the container is killed for it; a readiness probe when the container runs. */
function isAbout(container: ContainerView, field: string, killed: boolean): boolean {
  if (field === 'readinessProbe') return container.running && !container.ready;
  return killed && (container.restarts > 0 || !container.ready);
}

/** How long an answer counts more than a refusal that came later: every restart brings one refusal. */
const answerCountsMs = 300_000;

function tellingEvent(events: readonly ClusterEvent[], word: string): ClusterEvent | undefined {
  const own = events.filter(
    (it) => (it.reason === 'Unhealthy' || it.reason === 'ProbeError') && it.message.toLowerCase().startsWith(word),
  );
  const last = own.at(-1);
  if (!last || !says.refused.test(last.message)) return last;
  const answer = own.findLast((it) => !says.refused.test(it.message));
  return answer && (last.lastAt ?? 0) - (answer.lastAt ?? 0) <= answerCountsMs ? answer : last;
}

function linesOf(graph: EvidenceGraph, pod: PodView, container: ContainerView): readonly Line[] {
  return graph
    .logsOf(pod.namespace, pod.name)
    .filter((it) => it.container === container.name)
    .toSorted((a, b) => Number(b.previous) - Number(a.previous))
    .flatMap((log) => parseLog(log.text).map((entry) => ({ log, entry })));
}

/** The newest line of which something holds. */
export const lineThat = ({ lines }: FailingProbe, speaks: RegExp): Line | null =>
  lines.findLast(({ entry }) => speaks.test(`${entry.error} ${entry.message}`)) ?? null;

export const lineRef = ({ graph }: FailingProbe, line: Line | null): EvidenceRef | null =>
  line === null ? null : graph.ref(line.log.path, line.entry.message === '' ? line.entry.error : line.entry.message);

/** The newest error that the container logs, at the level of an error or worse. */
export const errorLine = ({ lines }: FailingProbe): Line | null =>
  lines.findLast(
    ({ entry }) => (entry.level === 'error' || entry.level === 'fatal') && !says.overcome.test(entry.message),
  ) ?? null;

/** Whether the log tells of nothing that explains the probe better: no error, nobody that it waits for. */
export const isCalm = (failing: FailingProbe): boolean =>
  errorLine(failing) === null && lineThat(failing, waitsForOthers) === null;

/** Entries at the end of a log that tell how the program is now. */
const recent = 8;

/** What a conclusion about the probe weighs: less than anything about somebody whom the program calls in vain. */
export function weightBeside({ lines }: FailingProbe, weight: number): number {
  const last = lines.slice(-recent).filter(({ entry }) => entry.level !== 'info');
  const calls = last.some(({ entry: { message } }) => says.unresolved.test(message) || says.refused.test(message));
  return calls ? Math.min(weight, 38) : weight;
}

export const probePath = ({ probe }: FailingProbe): string => textAt(probe, 'httpGet', 'path') || '/';

/** HTTP unless it is set; empty for a probe that is no HTTP request. */
export const probeScheme = ({ probe }: FailingProbe): string =>
  dig(probe, 'httpGet') === undefined ? '' : textAt(probe, 'httpGet', 'scheme') || 'HTTP';

/** The port of a probe; a named one is looked up in the container's ports. */
export function probePort(failing: FailingProbe): { text: string; port: number | null } {
  const text =
    ['httpGet', 'tcpSocket', 'grpc'].map((how) => textAt(failing.probe, how, 'port')).find((it) => it !== '') ?? '';
  if (/^\d+$/.test(text)) return { text, port: Number(text) };
  const named = listAt(failing.container.spec, 'ports').find((it) => textAt(it, 'name') === text);
  return { text, port: numberAt(named, 'containerPort') };
}

/** What a probe asks, in a few words. */
export function asked(failing: FailingProbe): string {
  const command = listAt(failing.probe, 'exec', 'command').map(String);
  if (command.length > 0) return `runs ${command.join(' ')}`;
  const { text } = probePort(failing);
  if (dig(failing.probe, 'httpGet') === undefined) return `asks port ${text}`;
  return `asks ${probePath(failing)} on port ${text} over ${probeScheme(failing)}`;
}

/** Where a program says that it takes connections. */
export interface Listening {
  readonly port: number;
  /** On the loopback address alone, where the kubelet and other pods cannot reach it. */
  readonly loopback: boolean;
  readonly line: Line;
}

/** Every address on which the container's log says that it listens. */
export function listeningOn(failing: FailingProbe): readonly Listening[] {
  const podIp = textAt(failing.pod.object, 'status', 'podIP');
  return failing.lines.flatMap((line) => {
    const { message } = line.entry;
    if (!listening.word.test(message) || listening.other.test(message)) return [];
    const addresses = [...message.matchAll(listening.address)].flatMap(([, host = '', port]) =>
      /^\d/.test(host) && !/^(?:127\.|0\.0\.0\.0$)/.test(host) && host !== podIp
        ? []
        : [{ port: Number(port), loopback: /^(?:127\.|localhost$|\[::1\]$)/i.test(host), line }],
    );
    const ports = [...message.matchAll(listening.port)].map((it) => ({ port: Number(it[1]), loopback: false, line }));
    return addresses.length > 0 ? addresses : ports;
  });
}

/** What every conclusion about a probe has. */
export function base(failing: FailingProbe, fix = '') {
  const { container, event, field, graph, workload } = failing;
  const others = probeFields.filter((it) => it !== field && asksTheSame(failing, it));
  return {
    entity: workload.entity,
    evidence: [graph.eventRef(event), graph.refIn(workload.entity, `"${field}"`)],
    remediation: edit(
      `Correct the ${[field, ...others].join(' and the ')} of container ${container.name}${fix}`,
      workload.entity,
    ),
  };
}

/** Another probe of the container that asks the same port in the same way. */
function asksTheSame({ container, probe }: FailingProbe, field: string): boolean {
  const other = dig(container.spec, field);
  const is = (...path: string[]): boolean => textAt(other, ...path) === textAt(probe, ...path);
  const ports = is('httpGet', 'port') && is('tcpSocket', 'port') && is('grpc', 'port');
  return other !== undefined && ports && is('httpGet', 'scheme') && dig(probe, 'exec') === undefined;
}

export const title = ({ container, field, workload }: FailingProbe): string =>
  `The ${field} of container ${container.name} (${entityText(workload.entity)})`;
