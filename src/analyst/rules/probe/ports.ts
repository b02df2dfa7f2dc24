import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityText } from '../../model/entities.ts';
import { listAt, numberAt } from '../../model/fields.ts';
import { settingsOf } from '../../signals/settings.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';
import {
  asked,
  base,
  type FailingProbe,
  isCalm,
  type Listening,
  lineRef,
  listeningOn,
  probePort,
  title,
  weightBeside,
} from './failing-probe.ts';
import { tooHasty } from './timing.ts';

/** A connection that nobody takes: a wrong port, an address that only the container itself reaches, or too early. */
export function refusedPort(failing: FailingProbe): Conclusion {
  const { text, port } = probePort(failing);
  const listening = listeningOn(failing);
  if (port === null) return wrongPort(failing, text, listening, []);
  const here = listening.filter((it) => it.port === port);
  if (here.length > 0 && here.every((it) => it.loopback)) return onLoopback(failing, here[0]);
  const declared = listAt(failing.container.spec, 'ports').flatMap((it) => numberAt(it, 'containerPort') ?? []);
  const known = listening.length > 0 ? listening.map((it) => it.port) : declared;
  if (here.length === 0 && known.length > 0 && !known.includes(port))
    return wrongPort(failing, text, listening, declared);
  return failing.field === 'readinessProbe' ? notListening(failing, text) : tooHasty(failing, 'initialDelaySeconds');
}

/** A run that is shorter may not have come to the point where it listens. */
const settledMs = 30_000;

function wrongPort(
  failing: FailingProbe,
  text: string,
  listening: readonly Listening[],
  declared: readonly number[],
): Conclusion {
  const { graph, workload } = failing;
  const ports = [...new Set(listening.map((it) => it.port))];
  const line = listening.at(-1)?.line ?? null;
  const isNumber = /^\d+$/.test(text);
  const reason = !isNumber
    ? 'a name that no port of the container has'
    : ports.length > 0
      ? `but the application listens on ${ports.join(', ')}: connection refused`
      : `where nothing listens: connection refused. The container declares ${declared.join(', ')}`;
  // Ports that are only declared are a lead unless the program runs on without an error.
  const isSure = !isNumber || line !== null || (isCalm(failing) && runMs(failing) >= settledMs);
  const better = ports[0] ?? declared[0];
  return conclusion('probe-port', {
    ...base(failing, better === undefined ? '' : `: port ${better} instead of ${text}`),
    mechanism: 'probe_wrong',
    wrongValue: text,
    statement: `${title(failing)} asks port ${text}, ${reason}.`,
    weight: 89,
    confidence: isSure ? 'high' : 'medium',
    evidence: [
      ...base(failing).evidence,
      graph.refIn(workload.entity, isNumber ? `"port": ${text}` : `"port": "${text}"`),
      lineRef(failing, line),
    ],
    ruledOut: isSure ? 'a crash of the application: its log has no error' : [],
  });
}

/** The longest of the container's two runs, in ms. */
function runMs({ container, graph }: FailingProbe): number {
  const now = container.runningSince === null ? 0 : graph.now - container.runningSince;
  const { finishedAt = null, startedAt = null } = container.lastTerminated ?? {};
  return Math.max(now, finishedAt === null || startedAt === null ? 0 : finishedAt - startedAt);
}

/** The program takes connections from its own container alone: the address is a setting. */
function onLoopback(failing: FailingProbe, here: Listening | undefined): Conclusion {
  const { container, graph, workload } = failing;
  const said = here?.line.entry.message ?? '';
  const host = /127(?:\.\d+){3}|localhost|\[::1\]/i.exec(said)?.[0] ?? '127.0.0.1';
  const setting = settingsOf(graph, workload, container.name).find(
    (it) => it.value.includes(host) && (it.value === host || it.value.includes(String(here?.port ?? ''))),
  );
  const holder: Entity = setting?.entity ?? workload.entity;
  const refs: (EvidenceRef | null)[] = [
    lineRef(failing, here?.line ?? null),
    setting?.ref ?? null,
    ...base(failing).evidence,
  ];
  return conclusion('listens-on-loopback', {
    entity: holder,
    mechanism: 'bad_config_value',
    wrongValue: host,
    statement: `${entityText(workload.entity)} listens on ${host}:${here?.port ?? ''} alone${setting ? ` (${setting.name} of ${entityText(holder)})` : ''}: the kubelet, whose ${failing.field} ${asked(failing)}, and other pods reach the address of the pod, where nothing listens. It says: ${said}`,
    weight: 91,
    evidence: refs,
    affects: [workload.entity],
    ruledOut: ['a wrong port of the probe: the program listens on that very port', 'a crash: it runs and listens'],
    remediation: edit(`Let it listen on 0.0.0.0 (or ::) instead of ${host}`, holder),
  });
}

function notListening(failing: FailingProbe, port: string): Conclusion {
  const { container, pod, workload } = failing;
  return conclusion('not-listening', {
    ...base(failing),
    mechanism: 'readiness_failing',
    wrongValue: port,
    statement: `${entityText(workload.entity)} runs and does not listen on port ${port}, which its readiness probe asks: connection refused.`,
    weight: weightBeside(failing, 60),
    confidence: 'medium',
    remediation: step(
      `See what ${workload.entity.name} does instead of listening on port ${port}`,
      `kubectl -n ${pod.namespace} logs ${pod.name} -c ${container.name} --tail=100`,
      'none',
    ),
  });
}
