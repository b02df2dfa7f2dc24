import { entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { hostRefused, programMissingInShell } from './probe-words.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { type Conclusion, conclusion, step } from '../rule.ts';
import {
  asked,
  base,
  errorLine,
  type FailingProbe,
  type Line,
  lineRef,
  lineThat,
  probePath,
  probePort,
  title,
  weightBeside,
} from './failing-probe.ts';

/** A command that the container does not have, or may not run. */
export function wrongCommand(failing: FailingProbe): Conclusion {
  const { graph, said, workload } = failing;
  const command = listAt(failing.probe, 'exec', 'command').map(String);
  const named = /exec: "([^"]+)"/.exec(said)?.[1] ?? programMissingInShell.exec(said)?.[1] ?? command[0] ?? 'exec';
  const state = /permission denied/i.test(said) ? 'cannot be run' : 'does not exist';
  return conclusion('probe-command', {
    ...base(failing, `: use a program that its image has instead of ${named}`),
    mechanism: 'probe_wrong',
    wrongValue: named,
    statement: `${title(failing)} runs ${command.join(' ') || named}; ${named} ${state} in the container, so the probe fails whatever the application does.`,
    weight: 90,
    evidence: [...base(failing).evidence, graph.refIn(workload.entity, named)],
    ruledOut: 'the application: its probe cannot run at all',
  });
}

/** The application answers, and has no such path or does not take GET there. */
export function wrongPath(failing: FailingProbe, status: string): Conclusion {
  const path = probePath(failing);
  const error = errorLine(failing);
  const reason = status === '405' ? 'which does not take GET' : 'which the application does not serve';
  const but = error === null ? '' : `. Its log also has an error: ${error.entry.message}`;
  return conclusion('probe-path', {
    ...base(failing, `: a path that the application serves instead of ${path}`),
    mechanism: 'probe_wrong',
    wrongValue: path,
    statement: `${title(failing)} ${asked(failing)}, ${reason}: it answers ${status}${but}.`,
    weight: 89,
    confidence: error === null ? 'high' : 'medium',
    evidence: [...base(failing).evidence, pathRef(failing, path), lineRef(failing, servedLine(failing))],
    ruledOut: 'a crash of the application: it answers the probe',
  });
}

/** The path is there and asks for a login, which the kubelet has not. */
export function loginWanted(failing: FailingProbe, status: string): Conclusion {
  const path = probePath(failing);
  const line = servedLine(failing);
  return conclusion('probe-login', {
    ...base(failing, `: a path that asks for no login instead of ${path}, or the header that it wants`),
    mechanism: 'probe_wrong',
    wrongValue: path,
    statement: `${title(failing)} ${asked(failing)}, which answers ${status}: the path is there and asks for a login or a right, and the kubelet sends none.`,
    weight: 89,
    confidence: status === '401' || line !== null ? 'high' : 'medium',
    evidence: [...base(failing).evidence, pathRef(failing, path), lineRef(failing, line)],
    ruledOut: ['a crash of the application: it answers the probe', 'a missing path: the answer is about rights'],
  });
}

/** The application finds the request itself wrong: its form, its Host header. */
export function requestRefused(failing: FailingProbe, status: string): Conclusion {
  const path = probePath(failing);
  const host = lineThat(failing, hostRefused);
  const line = host ?? servedLine(failing);
  const why = host
    ? `it does not accept the Host of the request, which is the address of the pod: ${host.entry.message}`
    : 'it finds the request itself wrong. Whether it wants TLS, another Host header or another path is not shown';
  const said = host ? /['"]([\w.:-]+)['"]/.exec(host.entry.message)?.[1] : undefined;
  return conclusion('probe-request', {
    ...base(failing, host ? ': send the Host header that it accepts (httpGet.httpHeaders)' : ''),
    mechanism: 'probe_wrong',
    wrongValue: said ?? path,
    statement: `${title(failing)} ${asked(failing)}, which answers ${status}: ${why}.`,
    weight: 80,
    confidence: host ? 'high' : 'medium',
    evidence: [...base(failing).evidence, pathRef(failing, path), lineRef(failing, line)],
    ruledOut: 'a crash of the application: it answers the probe',
  });
}

/** A gRPC server without the health service that the probe asks. */
export function noHealthService(failing: FailingProbe): Conclusion {
  const service = textAt(failing.probe, 'grpc', 'service');
  const isUnknown = service !== '' && !/does not implement|Unimplemented/i.test(failing.said);
  const { text } = probePort(failing);
  const what = isUnknown
    ? `does not know the service ${service} that it asks for`
    : 'does not implement the gRPC health protocol';
  return conclusion('probe-health-service', {
    ...base(failing, isUnknown ? ': the service name' : ': register the health service, or use tcpSocket'),
    mechanism: 'probe_wrong',
    wrongValue: isUnknown ? service : text || 'grpc.health.v1.Health',
    statement: `${title(failing)} ${asked(failing)}; the server there ${what}: ${failing.said.slice(0, 200)}`,
    weight: 90,
    evidence: base(failing).evidence,
    ruledOut: 'a crash of the application: it answers the probe',
  });
}

/** Nothing answers the connection at all: neither taken nor refused. */
export function unreachable(failing: FailingProbe): Conclusion {
  const { text } = probePort(failing);
  return conclusion('probe-unreachable', {
    ...base(failing),
    mechanism: 'readiness_failing',
    wrongValue: text,
    statement: `${title(failing)} ${asked(failing)}; the connection is neither taken nor refused, so packets are lost on the way or the process hangs: ${failing.said.slice(0, 200)}`,
    weight: 60,
    confidence: 'medium',
    evidence: base(failing).evidence,
    remediation: step(
      `See whether the program answers inside its container, and which NetworkPolicies select the pod`,
      `kubectl -n ${failing.pod.namespace} get networkpolicies`,
      'none',
    ),
  });
}

/** The application, or the command in its container, says that it is not well; its log may tell why. */
export function appSaysNo(failing: FailingProbe, answer: string): Conclusion {
  const { field, pod, workload } = failing;
  const line = errorLine(failing) ?? failing.lines.findLast(({ entry }) => entry.level === 'warn') ?? null;
  const isCommand = listAt(failing.probe, 'exec', 'command').length > 0;
  const said = answer === '' ? 'fails without a word' : isCommand ? `says: ${answer.slice(0, 300)}` : `gets ${answer}`;
  const weight = weightBeside(failing, 65);
  // Whom it calls in vain would be the cause.
  const isSure =
    weight === 65 && line !== null && (line.entry.level !== 'warn' || aboutHealth.test(line.entry.message));
  const value = isCommand ? (pathsIn(answer)[0] ?? (answer.split('\n')[0] || field)) : answer || probePath(failing);
  return conclusion('readiness-failing', {
    ...base(failing),
    mechanism: 'readiness_failing',
    wrongValue: value,
    statement: `${entityText(workload.entity)} runs and says that it is not well: its ${field} ${asked(failing)} and ${said}${line ? `. Its log says: ${line.entry.message}` : ', and its log does not say why'}.`,
    weight,
    confidence: isSure ? 'high' : 'medium',
    evidence: [...base(failing).evidence, lineRef(failing, line)],
    ruledOut: isCommand
      ? 'a missing command: it runs and gives an answer'
      : 'a wrong path or port: the application answers there, and says no',
    remediation: step(
      `See why ${workload.entity.name} says that it is not ready${line ? `: ${line.entry.message.slice(0, 150)}` : ''}`,
      `kubectl -n ${pod.namespace} logs ${pod.name} -c ${failing.container.name} --tail=100`,
      'none',
    ),
  });
}

const aboutHealth = /health|ready|readiness|probe|check|cache|depend|connect|unavailable|wait|sync|degraded|not /i;

const pathRef = ({ graph, workload }: FailingProbe, path: string) =>
  graph.refIn(workload.entity, `"path": "${path}"`) ?? graph.refIn(workload.entity, path);

/** The line in which the application itself answers the probe's path. */
function servedLine(failing: FailingProbe): Line | null {
  const path = probePath(failing);
  return failing.lines.findLast(({ entry }) => entry.message.includes(` ${path} `)) ?? null;
}
