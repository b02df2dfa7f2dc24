import { say } from '../../../report/answer-lines.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { listed } from '../../../lib/text.ts';
import { entityOf, entityText, fileOf } from '../../model/entities.ts';
import { dig, listAt, textAt } from '../../model/fields.ts';
import { readyEndpoints, selectedPods, servicePorts, serviceSelector } from '../../model/services.ts';
import { namedText } from '../view/incident-objects.ts';
import { asYaml, inQuestion, wouldShow } from '../view/would-show.ts';
import { entitiesOf, type PartOf, type QuestionView } from '../view/view.ts';
import { type AnswerPart, joined } from '../view/words.ts';
import { containersOf, sourceOf, type TemplateContainer } from './settings.ts';

const maxServices = 5;
const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;

/** What listens where: ports and probes of the containers, and the Services that lead to them, with what is ready behind. */
export const ports: PartOf = (view) => {
  const services = servicesOf(view);
  const told = joined(...containersOf(view).map(ofContainer), ...services.map((service) => ofService(view, service)));
  if (told.lines.length > 0) return told;
  const show = wouldShow(view, inQuestion(view).map(asYaml));
  const whose = namedText(view) || 'this incident';
  return { lines: [say(`Neither a workload nor a Service of ${whose} is in the evidence.`), ...show], sources: [] };
};

function ofContainer({ name, spec, workload }: TemplateContainer): AnswerPart {
  const open = listAt(spec, 'ports').map((port) => {
    const called = textAt(port, 'name');
    return `${textAt(port, 'containerPort')}${called === '' ? '' : ` (${called})`}`;
  });
  const asked = probes.flatMap((probe) => {
    const value = dig(spec, probe);
    return value === undefined ? [] : [`${probe} ${probeText(value)}`];
  });
  return {
    lines: [
      say(
        `Container ${name} of ${entityText(workload.entity)}: ports ${listed(open, 10) || 'none named'}; ${listed(asked, 3) || 'no probes'}.`,
      ),
    ],
    sources: [sourceOf(workload)],
  };
}

function probeText(probe: unknown): string {
  const every = textAt(probe, 'periodSeconds');
  const within = textAt(probe, 'timeoutSeconds');
  const after = textAt(probe, 'failureThreshold');
  const times = [every && `every ${every} s`, within && `within ${within} s`, after && `fails after ${after}`];
  return [targetText(probe), ...times.filter((one) => one !== '')].join(', ');
}

function targetText(probe: unknown): string {
  const http = dig(probe, 'httpGet');
  if (http !== undefined)
    return `${textAt(http, 'scheme').toLowerCase() || 'http'} ${textAt(http, 'path')} on ${textAt(http, 'port')}`;
  const tcp = textAt(probe, 'tcpSocket', 'port');
  if (tcp !== '') return `tcp on ${tcp}`;
  const grpc = textAt(probe, 'grpc', 'port');
  return grpc === '' ? `runs ${listAt(probe, 'exec', 'command').map(String).join(' ')}` : `grpc on ${grpc}`;
}

/** Services that the question or the cause names, and those that take pods of the workloads in question. */
function servicesOf(view: QuestionView): readonly KubeObject[] {
  const graph = view.analysis?.graph;
  if (graph === undefined) return [];
  const named = entitiesOf(view).flatMap(({ kind, namespace, name }) =>
    kind === 'Service' ? (graph.get(kind, namespace, name) ?? []) : [],
  );
  const pods = new Set(
    containersOf(view).flatMap(({ workload }) => workload.pods.map(({ namespace, name }) => `${namespace}/${name}`)),
  );
  const leading = graph
    .all('Service')
    .filter((service) => Object.keys(serviceSelector(service)).length > 0)
    .filter((service) => selectedPods(graph, service).some((pod) => pods.has(`${pod.namespace}/${pod.name}`)));
  return [...new Set([...named, ...leading])].slice(0, maxServices);
}

function ofService({ analysis }: QuestionView, service: KubeObject): AnswerPart {
  const entity = entityOf(service);
  const all = servicePorts(service).map(({ port, targetPort }) => `${port} → ${targetPort}`);
  const selector = Object.entries(serviceSelector(service)).map(([key, value]) => `${key}=${value}`);
  const ready = analysis === null ? null : readyEndpoints(analysis.graph, service);
  const behind = ready === null ? 'its endpoints were not read' : `${ready} ready behind it`;
  return {
    lines: [
      say(
        `${entityText(entity)}: ports ${listed(all, 10) || 'none'}; takes pods with ${listed(selector, 10) || 'no selector'}; ${behind}.`,
      ),
    ],
    sources: [fileOf(entity)],
  };
}
