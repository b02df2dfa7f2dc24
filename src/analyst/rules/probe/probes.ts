import { says } from '../../model/lexicon.ts';
import { protocolMixed } from './probe-words.ts';
import type { Conclusion, Rule } from '../rule.ts';
import {
  appSaysNo,
  loginWanted,
  noHealthService,
  requestRefused,
  unreachable,
  wrongCommand,
  wrongPath,
} from './answers.ts';
import { type FailingProbe, failingProbe, lineThat, probeScheme } from './failing-probe.ts';
import { refusedPort } from './ports.ts';
import { certificateWanted, redirectedToTls, wrongScheme } from './schemes.ts';
import { tooHasty } from './timing.ts';

export const probeRules: readonly Rule[] = [
  {
    id: 'probe-fails',
    catalogue: [54, 55, 56],
    needs: 'Unhealthy events of a pod that is not ready or is killed, its probes, and what its log says',
    unless: 'the container ends by itself, or its log names somebody who does not answer it',
    conclude: ({ graph, workloads }) =>
      workloads.flatMap((workload) => {
        const failing = failingProbe(graph, workload);
        return failing === null ? [] : explain(failing);
      }),
  },
];

function explain(failing: FailingProbe): Conclusion {
  const { said } = failing;
  return byProtocol(failing) ?? byStatus(failing) ?? byConnection(failing) ?? appSaysNo(failing, said);
}

function byProtocol(failing: FailingProbe): Conclusion | null {
  const { said } = failing;
  if (/executable file not found|OCI runtime exec failed|: (?:command )?not found$/m.test(said))
    return wrongCommand(failing);
  if (protocolMixed.certificateWanted.test(said)) return certificateWanted(failing);
  if (/does not implement the grpc health protocol|code = (?:Unimplemented|NotFound)|unknown service/i.test(said))
    return noHealthService(failing);
  const scheme = probeScheme(failing);
  if (scheme === 'HTTP' && /^Get "?https:/.test(said)) return redirectedToTls(failing);
  if (protocolMixed.answeredTls.test(said)) return wrongScheme(failing, null);
  if (says.plainAnswer.test(said)) return wrongScheme(failing, null);
  // Such servers answer 400, or close the connection; their log tells why.
  if (!/statuscode: (?:400|426|497)|EOF|reset by peer|malformed HTTP/i.test(said)) return null;
  const mixed =
    scheme === 'HTTP' ? protocolMixed.plainToTls : scheme === 'HTTPS' ? protocolMixed.tlsToPlain : undefined;
  const line = mixed === undefined ? null : lineThat(failing, mixed);
  return line === null ? null : wrongScheme(failing, line);
}

/** The status of an answer, of the kubelet's own request or of a command that makes one. */
const statusForms = [/statuscode: (\d{3})/, /returned error: (\d{3})/, /HTTP\/\d(?:\.\d)? (\d{3})/] as const;

function byStatus(failing: FailingProbe): Conclusion | null {
  const status = statusForms.map((form) => form.exec(failing.said)?.[1]).find((it) => it !== undefined);
  if (status === undefined) return null;
  if (['404', '405', '410', '501'].includes(status)) return wrongPath(failing, status);
  if (['401', '403', '407'].includes(status)) return loginWanted(failing, status);
  const isOwnFault = status.startsWith('4') && status !== '429' && status !== '408' && status !== '425';
  return isOwnFault ? requestRefused(failing, status) : appSaysNo(failing, status);
}

function byConnection(failing: FailingProbe): Conclusion | null {
  const { said } = failing;
  if (/strconv\.Atoi|couldn't find port|connection refused|ECONNREFUSED/i.test(said)) return refusedPort(failing);
  if (/dial tcp \S+: (?:i\/o timeout|connect: (?:no route to host|network is unreachable))/i.test(said))
    return unreachable(failing);
  if (/deadline ?exceeded|timed? ?out|timeout/i.test(said)) return tooHasty(failing, 'timeoutSeconds');
  return /connect: |no such host|EOF|reset by peer/i.test(said) ? refusedPort(failing) : null;
}
