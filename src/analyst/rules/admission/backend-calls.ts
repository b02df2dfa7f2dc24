import { entityOf, entityText } from '../../model/entities.ts';
import { numberAt } from '../../model/fields.ts';
import { containerPorts, readyEndpoints, servicePorts } from '../../model/services.ts';
import { edit, editCommand, step } from '../rule.ts';
import type { CallClass } from './call-classes.ts';
import { type Backend, stateOf } from './webhook-backend.ts';
import { type Call, called, type Finder, type Finding, logsCommand, withoutWebhook } from './webhook-call.ts';

/** Nobody answers the call of a webhook. */
export const backendFinders = {
  no_service: (call) => ({
    mechanism: 'webhook_backend_missing',
    value: call.service?.name ?? call.name,
    what: `calls ${called(call)}, which does not exist`,
    todo: withoutWebhook(
      call,
      `Bring ${called(call)} back, or remove the webhook when what it belonged to is gone for good`,
    ),
    refs: [call.service ? call.graph.absent('Service', call.service.namespace, call.service.name) : null],
  }),
  no_endpoints: noEndpoints,
  no_name: (call) => ({
    mechanism: 'webhook_backend_missing',
    value: call.reason.host ?? call.name,
    what: `calls ${called(call)}, whose name the API server cannot resolve (${call.reason.said})`,
    todo: edit(`Correct clientConfig of webhook ${call.name}`, call.entity, 'medium'),
  }),
  no_port: (call) => {
    const port = /no service port (\S+?)\s/.exec(call.reason.said)?.[1] ?? null;
    const ports = call.backend?.object ? servicePorts(call.backend.object).map((it) => it.port) : [];
    return {
      mechanism: 'wrong_endpoint',
      value: port,
      what: `calls port ${port ?? '?'} of ${called(call)}, which has ${ports.length === 0 ? 'no such port' : `only ${ports.join(', ')}`}`,
      todo: edit(`Correct clientConfig.service.port of webhook ${call.name}`, call.entity, 'medium'),
    };
  },
  refused: refusedConnection,
  timeout,
} satisfies Partial<Record<CallClass, Finder>>;

/** The Service is there, and nobody is behind it. */
function noEndpoints(call: Call): Finding {
  const { backend, service } = call;
  const behind = backend?.workload ?? null;
  const stopped = behind !== null && backend?.desired === 0;
  const state = backend ? stateOf(backend) : '';
  return {
    ...(behind === null ? {} : { entity: behind, weight: stopped ? 95 : 84 }),
    mechanism: stopped ? 'scaled_to_zero' : 'webhook_backend_missing',
    value: stopped ? '0' : (service?.name ?? call.name),
    what: `calls ${called(call)}, behind which nobody is ready${state}`,
    ruledOut: 'the certificate: no connection was made',
    todo:
      behind === null
        ? withoutWebhook(
            call,
            `Start what should stand behind ${called(call)}, or remove the webhook when it is gone for good`,
          )
        : stopped
          ? step(
              `Scale ${behind.name} up again`,
              `kubectl -n ${behind.namespace} scale ${behind.kind.toLowerCase()} ${behind.name} --replicas=1`,
              'low',
            )
          : step(
              `Bring ${entityText(behind)} up`,
              `kubectl -n ${behind.namespace} describe ${behind.kind.toLowerCase()} ${behind.name}`,
              'none',
            ),
    refs: backend?.refs ?? [],
  };
}

/** Nobody takes the connection: a port that the pods do not have, or pods that are not up. */
function refusedConnection(call: Call): Finding {
  const { backend, service } = call;
  const target = targetPort(call);
  const wrong = backend && target !== null ? wrongTarget(call, backend, target) : null;
  if (wrong) return wrong;
  return {
    mechanism: 'webhook_backend_missing',
    value: service?.name ?? call.name,
    what: `calls ${called(call)}, which does not answer: ${call.reason.said}${backend ? stateOf(backend) : ''}`,
    confidence: backend?.workload ? 'medium' : 'high',
    todo: step(
      `Look at the pods behind ${called(call)}: do they listen on ${target ?? 'the port of the Service'}?`,
      logsCommand(call) ?? editCommand(call.entity),
      'none',
    ),
    refs: backend?.refs ?? [],
  };
}

/** Where the Service sends what the webhook calls. */
function targetPort({ backend, webhook }: Call): string | null {
  const port = numberAt(webhook, 'clientConfig', 'service', 'port') ?? 443;
  const found = backend?.object ? servicePorts(backend.object).find((it) => it.port === port) : undefined;
  return found?.targetPort ?? null;
}

function wrongTarget(call: Call, { object, pods }: Backend, target: string): Finding | null {
  const ports = containerPorts(pods);
  if (!object || ports.length === 0 || ports.some((it) => String(it.port) === target || it.name === target))
    return null;
  const entity = entityOf(object);
  return {
    entity,
    mechanism: 'wrong_target_port',
    value: target,
    what: `calls ${called(call)}, whose targetPort ${target} no container behind it has (${[...new Set(ports.map((it) => it.port))].join(', ')})`,
    todo: edit(`Correct targetPort of Service ${object.metadata.name}`, entity),
    refs: [call.graph.refIn(entity, `"targetPort": ${/^\d+$/.test(target) ? target : `"${target}"`}`)],
  };
}

/** The API server waits for an answer that does not come in its time. */
function timeout(call: Call): Finding {
  const { backend, graph, reason } = call;
  const seconds = numberAt(call.webhook, 'timeoutSeconds');
  const limit = reason.timeout ?? (seconds === null ? null : `${seconds}s`);
  const ready = backend?.object ? readyEndpoints(graph, backend.object) : null;
  const connects = !/i\/o timeout|dial tcp/.test(reason.said);
  const way = connects
    ? 'its backend is slow or hangs, or packets to it are dropped'
    : 'no connection comes about: a firewall or NetworkPolicy drops packets from the API server, or the address leads to a node that is gone';
  return {
    mechanism: 'webhook_timeout',
    value: limit ?? reason.said,
    what: `calls ${called(call)}, which does not answer within ${limit ?? 'its time'} (${reason.said}); ${way}`,
    ...(ready !== null && ready > 0
      ? { ruledOut: `a webhook without a backend: ${called(call)} has ${ready} ready addresses` }
      : {}),
    todo: [
      step(`Look at the log and the load of what is behind ${called(call)}`, logsCommand(call), 'none'),
      step(
        `See whether the API server can reach its pods: firewall to the webhook's port on the nodes, NetworkPolicies of ${call.service?.namespace ?? 'its namespace'}`,
        call.service ? `kubectl -n ${call.service.namespace} get networkpolicy,endpointslices -o wide` : null,
        'none',
      ),
    ],
    refs: [graph.refIn(call.entity, `"timeoutSeconds": ${seconds}`), ...(backend?.refs ?? [])],
  };
}
