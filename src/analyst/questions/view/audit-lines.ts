import type { Entity } from '../../../domain/verdict/verdict.ts';
import { kindNamed } from '../../../kube/kinds.ts';
import { sameEntity } from '../../model/entities.ts';
import { textAt, timeAt } from '../../model/fields.ts';
import type { LogFile } from '../../model/evidence-graph.ts';

/** A change of an object in an audit log of the API server. */
export interface AuditLine {
  readonly path: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly user: string;
  readonly verb: string;
  readonly object: Entity;
  /** What it was done with, such as `kubectl/v1.33.1`; empty where it does not say. */
  readonly agent: string;
}

/** Longer lines hold whole objects, and are none of these. */
const maxLine = 64 * 1024;
const changing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/**
 * The lines of logs in the evidence that are events of an audit log and tell of a change of one of the objects, the newest
 * first (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event).
 */
export function auditLines(logs: readonly LogFile[], objects: readonly Entity[]): readonly AuditLine[] {
  return logs
    .filter(({ text }) => text.includes('audit.k8s.io/'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line) => {
        const found = line.length > maxLine ? null : readLine(path, line);
        return found !== null && objects.some((one) => sameEntity(one, found.object)) ? [found] : [];
      }),
    )
    .toSorted((a, b) => b.at - a.at);
}

function readLine(path: string, line: string): AuditLine | null {
  const start = line.indexOf('{');
  if (start === -1 || !line.includes('audit.k8s.io/')) return null;
  const event = parsed(line.slice(start));
  const verb = textAt(event, 'verb');
  const kind = kindNamed(textAt(event, 'objectRef', 'resource'))?.kind ?? null;
  const at = timeAt(event, 'stageTimestamp') ?? timeAt(event, 'requestReceivedTimestamp');
  const code = Number(textAt(event, 'responseStatus', 'code') || '200');
  if (kind === null || at === null || !changing.has(verb) || code >= 400) return null;
  return {
    path,
    at,
    user: textAt(event, 'impersonatedUser', 'username') || textAt(event, 'user', 'username'),
    verb,
    object: {
      kind,
      namespace: textAt(event, 'objectRef', 'namespace') || null,
      name: textAt(event, 'objectRef', 'name'),
    },
    agent: textAt(event, 'userAgent').split(' ')[0] ?? '',
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
