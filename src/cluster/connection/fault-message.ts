import { z } from 'zod';
import { defaultSeverity } from '../../domain/fault-types.ts';
import type { FaultSignal, InvalidSignal, ObjectRef, Severity } from '../../domain/fault.ts';
import { oneLine, printable, truncate } from '../../lib/text.ts';

// Permissive: only what we use, everything else is ignored (docs/mcp-servers.md).
const faultData = z.object({
  faultId: z.string(),
  faultType: z.string(),
  severity: z.unknown().optional(),
  resource: z.object({
    apiVersion: z.string().nullish(),
    kind: z.string(),
    name: z.string(),
    namespace: z.string().nullish(),
    uid: z.string().nullish(),
  }),
  context: z.string().nullish(),
  timestamp: z.string().nullish(),
});

/**
 * A `kubernetes/faults` payload as a signal of the cluster whose connection delivered it; what the payload says of its
 * cluster is not looked at. What cannot be used comes back as an InvalidSignal with the reason. Texts are printable and
 * bounded; a time that lies ahead of the reception becomes the reception.
 */
export function faultSignal(cluster: string, data: unknown, receivedAt: number): FaultSignal | InvalidSignal {
  const parsed = faultData.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.join('.') ?? '';
    return invalidSignal(cluster, `${path === '' ? 'data' : path} is missing or of the wrong type`, data, receivedAt);
  }
  const fault = parsed.data;
  const faultId = identifier(fault.faultId, 128);
  const faultType = identifier(fault.faultType, 100);
  const resource = objectRef(fault.resource);
  if (faultId === '') return invalidSignal(cluster, 'faultId is empty', data, receivedAt);
  if (faultType === '') return invalidSignal(cluster, 'faultType is empty', data, receivedAt);
  if (resource === null) return invalidSignal(cluster, 'resource has no usable kind or name', data, receivedAt);
  return {
    cluster,
    source: 'push',
    faultId,
    faultType,
    severity: severityOf(fault.severity, faultType),
    resource,
    container: '',
    context: oneLine(fault.context ?? '', 2000),
    at: pastTime(fault.timestamp, receivedAt),
    since: null,
    family: null,
    restarts: restartsOf(fault.context ?? ''),
  };
}

/** What cannot be used as a fault, with the reason and the start of what came. */
export function invalidSignal(cluster: string, reason: string, came: unknown, at: number): InvalidSignal {
  const text = typeof came === 'string' ? came : (JSON.stringify(came) ?? String(came));
  return { cluster, source: 'push', reason: oneLine(reason, 200), excerpt: oneLine(text.slice(0, 2000), 500), at };
}

type ForeignRef = z.infer<typeof faultData>['resource'];

function objectRef(resource: ForeignRef): ObjectRef | null {
  const kind = identifier(resource.kind, 100);
  const name = identifier(resource.name, 300);
  if (!usable(kind) || !usable(name)) return null;
  return {
    apiVersion: identifier(resource.apiVersion ?? '', 200),
    kind,
    namespace: identifier(resource.namespace ?? '', 253) || null,
    name,
    uid: identifier(resource.uid ?? '', 128) || null,
  };
}

/** How often the container has restarted, as the sentence of the push server says it; null when it does not. */
function restartsOf(context: string): number | null {
  const count = /\brestart count: (\d{1,6})\b/.exec(context.slice(0, 2000))?.[1];
  return count === undefined ? null : Number(count);
}

/** A name is kept as data, whatever it holds; only made printable, on one line, and bounded. */
function identifier(text: string, max: number): string {
  return truncate(
    printable(text.slice(0, max + 1))
      .replace(/\s+/g, ' ')
      .trim(),
    max,
  );
}

/** Something must be left besides the marks that stand for unprintable characters. */
function usable(text: string): boolean {
  return /[^\ufffd\s]/.test(text);
}

function severityOf(value: unknown, faultType: string): Severity {
  return value === 'info' || value === 'warning' || value === 'critical' ? value : defaultSeverity(faultType);
}

function pastTime(text: string | null | undefined, receivedAt: number): number {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) || at < 0 ? receivedAt : Math.min(at, receivedAt);
}
