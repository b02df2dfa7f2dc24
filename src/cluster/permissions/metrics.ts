import { Counter, Histogram, type Registry } from 'prom-client';
import type { DomainEvents } from '../../domain/events.ts';
import type { PermissionSnapshot } from '../../domain/permissions.ts';
import type { Emitter } from '../../lib/emitter.ts';

const results = ['met', 'denied', 'unknown'] as const;
type PermissionResult = (typeof results)[number];

/** Whether the minimum for triage is there: an answer of no is `denied`, no answer is `unknown`. */
function permissionResult(snapshot: PermissionSnapshot): PermissionResult {
  if (snapshot.minimum_met === null) return 'unknown';
  return snapshot.minimum_met ? 'met' : 'denied';
}

/** Counts permission checks as they are told. Returns the function that takes the listener away. */
export function registerPermissionMetrics(registry: Registry, events: Emitter<DomainEvents>): () => void {
  const checks = new Counter({
    name: 'nightcrier_permission_checks_total',
    help: 'Times that the permissions of a cluster were asked, by result.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of results) checks.inc({ result }, 0);
  const durations = new Histogram({
    name: 'nightcrier_permission_check_duration_seconds',
    help: 'How long it takes to ask for the permissions of a cluster.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return events.on('permissions:changed', ({ snapshot, durationMs }) => {
    checks.inc({ result: permissionResult(snapshot) });
    durations.observe(durationMs / 1000);
  });
}
