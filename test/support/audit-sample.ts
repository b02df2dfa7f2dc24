import type { AuditEntry } from '../../src/gateway/audit.ts';

/** A request as it is put on record. */
export const auditSample: AuditEntry = {
  at: '2026-11-28T22:00:00.000Z',
  method: 'GET',
  path: '/k8s/api/v1/pods',
  verb: 'list',
  resource: 'pods',
  namespace: null,
  name: null,
  decision: 'allow',
  rule: 'read.list',
  status: 200,
  bytes: 512,
  redacted: 0,
  ms: 3,
};
