import { containersOf } from '../graph/container-view.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import { failureOf } from './calls.ts';
import { eachCrash } from './container-crashes.ts';
import { type Conclusion, conclusion, editCommand, type Rule, step } from './rule.ts';
import { settingsOf } from './settings.ts';
import { reasonRef, type Trouble } from './trouble.ts';

export const addressRules: readonly Rule[] = [
  {
    id: 'address-called',
    catalogue: [30],
    needs: 'a refused call to an IP address or to localhost that a setting holds',
    conclude: eachCrash(wrongAddress),
  },
];

/** A setting that names an address instead of a Service: one that no Service has, or the pod itself. */
function wrongAddress(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  const text = it.reason?.text ?? '';
  if (!['refused', 'timeout'].includes(failureOf(text) ?? '')) return null;
  const settings = settingsOf(graph, it.workload, it.container.name);
  for (const match of text.matchAll(/\b(localhost|127\.0\.0\.1|\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})\b/g)) {
    const [address = '', host = '', port = ''] = match;
    const setting = settings.find((x) => x.value.includes(address));
    const own = host === 'localhost' || host === '127.0.0.1';
    if (!setting || (own ? isOwnPort(it, Number(port)) : isServiceAddress(graph, host))) continue;
    const where =
      setting.from === 'env' ? `${setting.name} of ` : setting.from === 'ConfigMap' ? `${setting.name} in ` : '';
    const wrong = /\s/.test(setting.value.trim()) ? address : setting.value.trim();
    return conclusion('address-called', {
      entity: setting.entity,
      mechanism: 'wrong_endpoint',
      wrongValue: wrong,
      statement: `${where}${entityText(setting.entity)} is ${wrong}: ${own ? `no container of the pod listens on port ${port}` : `no Service has the address ${host}`}, and the connection fails.`,
      weight: 88,
      confidence: own ? 'high' : 'medium',
      evidence: [reasonRef(graph, it), setting.ref],
      affects: [it.workload.entity],
      remediation: [step(`Put the name of the Service into ${setting.name}`, editCommand(setting.entity), 'low')],
    });
  }
  return null;
}

const isOwnPort = (it: Trouble, port: number): boolean =>
  containersOf(it.pod.object).some((container) =>
    listAt(container.spec, 'ports').some((x) => numberAt(x, 'containerPort') === port),
  );

const isServiceAddress = (graph: EvidenceGraph, ip: string): boolean =>
  graph.all('Service').some((service) => textAt(service, 'spec', 'clusterIP') === ip) ||
  graph.all('Pod').some((pod) => textAt(pod, 'status', 'podIP') === ip);
