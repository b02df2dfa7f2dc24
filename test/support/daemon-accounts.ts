import type { ApiIncident, Daemon } from './daemon.ts';
import { waitUntil } from './wait-until.ts';

/** What tests read of a received fault of the read API. */
export interface ApiFault {
  readonly fault_id: string | null;
  readonly fault_type: string | null;
  readonly cluster: string;
  readonly source: string;
  readonly resource: { readonly kind: string; readonly name: string; readonly namespace: string | null } | null;
  readonly outcome: string | null;
  readonly rule: string | null;
  readonly incident_id: string | null;
  readonly count: number;
  readonly at: string;
}

/** Every received fault of the daemon, newest first. */
export async function allFaults(daemon: Daemon, query = ''): Promise<ApiFault[]> {
  const faults: ApiFault[] = [];
  for (let before = ''; ;) {
    const page = await daemon.get<{ faults: ApiFault[]; next: string | null }>(
      `/api/faults?limit=1000${query}${before === '' ? '' : `&before=${before}`}`,
    );
    faults.push(...page.faults);
    if (page.next === null) return faults;
    before = page.next;
  }
}

export async function incidentsOf(daemon: Daemon, query = ''): Promise<readonly ApiIncident[]> {
  return (await daemon.get<{ incidents: ApiIncident[] }>(`/api/incidents?limit=1000${query}`)).incidents;
}

/** The sum of a metric over its labels, of those that match the filter. */
export function metricSum(metrics: string, name: string, filter = ''): number {
  const lines = metrics.matchAll(new RegExp(`^${name}\\{([^}]*)\\} ([0-9.e+]+)$`, 'gm'));
  return [...lines].reduce((sum, [, labels, value]) => (labels?.includes(filter) ? sum + Number(value) : sum), 0);
}

/**
 * Waits until nothing is under way: every received fault has its final outcome, no incident waits or is investigated,
 * the outbox is empty. Gives how many faults were received.
 */
export async function settled(daemon: Daemon, withinMs: number): Promise<number> {
  let last = '';
  const quiet = async (): Promise<{ received: number } | null> => {
    const metrics = await daemon.text('/metrics');
    const received = metricSum(metrics, 'nightcrier_faults_received_total');
    const outcomes = metricSum(metrics, 'nightcrier_fault_outcomes_total');
    const outbox = metricSum(metrics, 'nightcrier_outbox_length');
    const open = (await incidentsOf(daemon)).filter(({ status }) =>
      ['open', 'queued', 'investigating'].includes(status),
    ).length;
    last = `${received} received, ${outcomes} outcomes, ${open} incidents open, ${outbox} messages wait`;
    return received > 0 && received === outcomes && open === 0 && outbox === 0 ? { received } : null;
  };
  try {
    return (await waitUntil(quiet, 'a daemon with nothing to do', withinMs)).received;
  } catch (error) {
    throw new Error(`${last}\n${daemon.log()}`, { cause: error });
  }
}

/** Waits until each of these faults was received: pushed, or found by a sweep. */
export async function allArrived(daemon: Daemon, faultIds: readonly string[], withinMs: number): Promise<void> {
  let missing = faultIds.length;
  const arrived = async (): Promise<boolean> => {
    const listed = new Set((await allFaults(daemon)).map(({ fault_id }) => fault_id));
    missing = faultIds.filter((id) => !listed.has(id)).length;
    return missing === 0;
  };
  await waitUntil(arrived, 'every fault', withinMs).catch((error: unknown) => {
    throw new Error(`${missing} of ${faultIds.length} faults are missing\n${daemon.log()}`, { cause: error });
  });
}
