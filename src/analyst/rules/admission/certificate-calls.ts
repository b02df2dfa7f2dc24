import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityText } from '../../model/entities.ts';
import { textAt } from '../../model/fields.ts';
import { edit, type Step, step } from '../rule.ts';
import type { CallClass } from './call-classes.ts';
import { type Call, called, type Finder, type Finding } from './webhook-call.ts';
import { certificateSecret } from './webhook-backend.ts';

/** The API server does not take the certificate of a webhook. */
export const certificateFinders = {
  expired,
  not_yet_valid: (call) => ({
    mechanism: 'other',
    value: /is before (\S+)/.exec(call.reason.said)?.[1] ?? null,
    what: `cannot trust ${called(call)}: its certificate is not valid yet (${call.reason.said}): the clock of the API server or of the issuer is wrong`,
    todo: step('Compare the clocks of the control plane and of what issued the certificate', null, 'none'),
  }),
  other_name: (call) => ({
    mechanism: 'webhook_ca',
    value: / not (\S+)$/.exec(call.reason.said)?.[1] ?? call.reason.host,
    what: `cannot trust ${called(call)}: the certificate is for another name (${call.reason.said})`,
    ruledOut: 'a wrong caBundle: the issuer is trusted, the name does not fit',
    todo: step(
      `Issue the certificate of ${called(call)} for the name that is called (${call.reason.host ?? 'NAME.NAMESPACE.svc'})`,
      null,
      'low',
    ),
    refs: certificateRefs(call),
  }),
  no_bundle: (call) => ({
    mechanism: 'webhook_ca',
    value: 'caBundle',
    what: `has a caBundle that holds no certificate (${call.reason.said})`,
    todo: bundleTodo(call),
    refs: [call.graph.refIn(call.entity, '"caBundle"')],
  }),
  unknown_issuer: (call) => ({
    mechanism: 'webhook_ca',
    value: 'caBundle',
    what: `cannot trust ${called(call)}: its caBundle ${hasBundle(call) ? 'does not fit the certificate' : 'is empty'} (${call.reason.said})`,
    ruledOut: 'a webhook that is gone: it answers, with a certificate that is not trusted',
    todo: bundleTodo(call),
    refs: [call.graph.refIn(call.entity, '"caBundle"'), ...certificateRefs(call)],
  }),
  client_refused: (call) => ({
    mechanism: 'other',
    value: call.reason.said,
    what: `is not taken by ${called(call)}: it refuses the TLS handshake of the API server (${call.reason.said})`,
    confidence: 'medium',
    todo: step(`Look at the log of ${called(call)}: it may want a client certificate`, null, 'none'),
  }),
} satisfies Partial<Record<CallClass, Finder>>;

function expired(call: Call): Finding {
  const { backend, reason } = call;
  const date = /is after (\S+?)[.,;]?$/.exec(reason.said)?.[1];
  const secret = backend ? certificateSecret(call.graph, backend) : null;
  const dated = secret?.until !== null && secret?.until !== undefined;
  const place = secret ? ` (held in ${entityText(secret.entity)})` : '';
  const managed = call.object?.metadata.annotations?.['cert-manager.io/inject-ca-from'];
  return {
    ...(secret && dated ? { entity: secret.entity } : {}),
    mechanism: 'cert_expired',
    value: date ?? secret?.until ?? reason.said,
    what: `cannot trust ${called(call)}: its serving certificate${place} has expired${date === undefined ? '' : ` (on ${date})`}`,
    ruledOut: 'a webhook that is gone, and a wrong caBundle: it answers, with a certificate that is past its time',
    todo: [
      managed === undefined
        ? step(
            `Renew the certificate of ${called(call)}${place}, then restart what serves it`,
            backend?.workload
              ? `kubectl -n ${backend.workload.namespace} rollout restart ${backend.workload.kind.toLowerCase()}/${backend.workload.name}`
              : null,
            'medium',
          )
        : step(
            `See why cert-manager did not renew Certificate ${managed}`,
            `kubectl -n ${managed.split('/')[0]} describe certificate ${managed.split('/')[1]}`,
            'none',
          ),
    ],
    refs: certificateRefs(call),
  };
}

function certificateRefs({ backend, graph }: Call): readonly (EvidenceRef | null)[] {
  const secret = backend ? certificateSecret(graph, backend) : null;
  return secret ? [graph.refIn(secret.entity, secret.quote)] : [];
}

const hasBundle = ({ webhook }: Call): boolean => textAt(webhook, 'clientConfig', 'caBundle') !== '';

function bundleTodo(call: Call): Step {
  const from = call.object?.metadata.annotations?.['cert-manager.io/inject-ca-from'];
  if (from !== undefined && !hasBundle(call))
    return step(
      `See why the CA of Certificate ${from} is not put into ${call.entity.name}: is the CA injector of cert-manager up?`,
      `kubectl -n ${from.split('/')[0]} describe certificate ${from.split('/')[1]}`,
      'none',
    );
  return edit(`Put the CA of ${called(call)} into caBundle of ${call.entity.name}`, call.entity, 'medium');
}
