import { textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { type Conclusion, conclusion } from '../rule.ts';
import { asked, base, type FailingProbe, type Line, lineRef, probePort, probeScheme, title } from './failing-probe.ts';

/** The probe speaks plain text and the server TLS, or the reverse; `line` where the server's log tells it. */
export function wrongScheme(failing: FailingProbe, line: Line | null): Conclusion {
  const { graph, said, workload } = failing;
  const scheme = probeScheme(failing);
  const isTls = scheme === 'HTTPS' || (scheme === '' && says.plainAnswer.test(said));
  const [speaks, wanted] = isTls ? ['plain text', 'HTTP'] : ['TLS', 'HTTPS'];
  const { text } = probePort(failing);
  const where = text === '' ? '' : ` on port ${text}`;
  const fix = scheme === '' ? `: let the command speak ${wanted}` : `: scheme ${wanted}`;
  const isUnset = textAt(failing.probe, 'httpGet', 'scheme') === '';
  return conclusion('probe-scheme', {
    ...base(failing, fix),
    mechanism: 'probe_wrong',
    wrongValue: scheme || text || (isTls ? 'https' : 'http'),
    statement: `${title(failing)} ${asked(failing)}${isUnset && scheme !== '' ? ', as no scheme is set' : ''}; the server speaks ${speaks}${where}, so the scheme must be ${wanted}: ${line?.entry.message ?? said}`,
    weight: 91,
    evidence: [
      ...base(failing).evidence,
      lineRef(failing, line),
      isUnset ? null : graph.refIn(workload.entity, `"scheme": "${scheme}"`),
    ],
    ruledOut: ['a crash of the application: it answers the probe', 'a wrong path or port: the answer is about TLS'],
  });
}

/** A server that wants a certificate of its clients; the kubelet has none. */
export function certificateWanted(failing: FailingProbe): Conclusion {
  return conclusion('probe-client-certificate', {
    ...base(failing, ': use tcpSocket or exec, or a port that asks for no client certificate'),
    mechanism: 'probe_wrong',
    wrongValue: probeScheme(failing) || probePort(failing).text,
    statement: `${title(failing)} ${asked(failing)}; the server wants a client certificate there, and the kubelet has none: ${failing.said}`,
    weight: 90,
    evidence: base(failing).evidence,
    ruledOut: 'a crash of the application: it takes the connection',
  });
}

/** The application sends the probe on to HTTPS, where the probe fails. */
export function redirectedToTls(failing: FailingProbe): Conclusion {
  return conclusion('probe-redirected', {
    ...base(failing, ': ask the address that it is sent to, or a path that does not redirect'),
    mechanism: 'probe_wrong',
    wrongValue: probeScheme(failing),
    statement: `${title(failing)} ${asked(failing)}; the application redirects it to HTTPS, and there it fails: ${failing.said}`,
    weight: 89,
    confidence: 'medium',
    evidence: base(failing).evidence,
    ruledOut: 'a crash of the application: it answers with a redirect',
  });
}
