import type { Counters } from '../../src/domain/history.ts';
import type {
  Delivery,
  DeliveryKind,
  DeliveryTarget,
  FaultEpisode,
  Incident,
  Notice,
  NoticeKind,
  RemotePost,
  Run,
} from '../../src/domain/records.ts';
import type { DeliveryClaim, DeliveryResult, StoreChange, NotifiedUnreachable } from '../../src/domain/state-store.ts';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import type { Outbox } from '../../src/notify/notifications.ts';

/** The outbox of the state store in memory, for tests of what delivers from it. */
export class MemoryOutbox implements Outbox {
  readonly rows = new Map<string, Delivery>();
  readonly posts = new Map<string, RemotePost>();
  /** True: nothing can be read or written, as on a full disk. */
  broken = false;
  readonly #incidents = new Map<string, { incident: Incident; faults: FaultEpisode[]; runs: Run[] }>();
  readonly #listeners = new Set<(changes: readonly StoreChange[]) => void>();
  #count = 0;

  /** Puts the state of an incident, and a message of it into the outbox of each target. */
  put(incident: Incident, faults: FaultEpisode[], runs: Run[], targets: DeliveryTarget[] = ['slack']): void {
    this.#incidents.set(incident.id, { incident, faults, runs });
    for (const target of targets) {
      this.#set({
        ...this.#row(target, 'incident', incident.updatedAt),
        incidentId: incident.id,
        state: incident.status,
        seq: incident.seq,
      });
    }
  }

  notifiedUnreachable(): Promise<NotifiedUnreachable[]> {
    return Promise.resolve([]);
  }

  async retryDeliveries(target: DeliveryTarget, at: number): Promise<number> {
    this.#check();
    const waiting = [...this.rows.values()].filter((row) => row.target === target && row.status === 'pending');
    for (const row of waiting) this.#set({ ...row, notBefore: Math.min(row.notBefore, at) });
    return waiting.length;
  }

  async notice(kind: NoticeKind, notice: Notice, at: number): Promise<void> {
    this.#set({ ...this.#row('slack', kind, at), notice });
  }

  async claimDeliveries(target: DeliveryTarget, limit: number, at: number): Promise<readonly DeliveryClaim[]> {
    this.#check();
    const sending = new Set([...this.rows.values()].filter((row) => row.status === 'sending').map(keyOf));
    const claims: DeliveryClaim[] = [];
    const due = [...this.rows.values()].filter((row) => row.target === target && row.status === 'pending');
    for (const row of due.sort((a, b) => b.seq - a.seq)) {
      if (claims.length >= limit) break;
      if (this.rows.get(row.id)?.status !== 'pending' || row.notBefore > at || sending.has(keyOf(row))) continue;
      const older = due.filter((other) => other !== row && row.incidentId !== null && keyOf(other) === keyOf(row));
      for (const other of older) this.#set({ ...other, status: 'superseded' });
      const uncertain = row.uncertain || older.some((other) => other.uncertain);
      const delivery: Delivery = { ...row, status: 'sending', attempts: row.attempts + 1, uncertain };
      this.#set(delivery);
      claims.push(this.#claim(delivery));
    }
    return claims;
  }

  async nextDeliveryDue(target: DeliveryTarget): Promise<number | null> {
    this.#check();
    const due = [...this.rows.values()].filter((row) => row.target === target && row.status === 'pending');
    return due.length === 0 ? null : Math.min(...due.map((row) => row.notBefore));
  }

  async finishDelivery(id: string, result: DeliveryResult, at: number): Promise<void> {
    this.#check();
    const row = this.rows.get(id);
    if (!row) throw new Error(`no delivery ${id}`);
    if ('post' in result && result.post) this.posts.set(keyOf(row), result.post);
    if (result.kind === 'sent') this.#set({ ...row, status: 'sent', sentAt: at, error: null });
    else if (result.kind === 'dead') this.#set({ ...row, status: 'dead', error: result.error });
    else {
      const uncertain = row.uncertain || result.uncertain === true;
      this.#set({ ...row, status: 'pending', notBefore: result.notBefore, error: result.error, uncertain });
    }
  }

  async recoverDeliveries(): Promise<number> {
    const sending = [...this.rows.values()].filter((row) => row.status === 'sending');
    for (const row of sending) this.#set({ ...row, status: 'pending', uncertain: true });
    return sending.length;
  }

  onChange(listener: (changes: readonly StoreChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async counters(): Promise<Counters> {
    const waiting = [...this.rows.values()].filter((row) => row.status === 'pending' || row.status === 'sending');
    const targets = [...new Set(waiting.map((row) => row.target))];
    const outbox = targets.map((target) => {
      const rows = waiting.filter((row) => row.target === target);
      return { target, count: rows.length, oldestAt: Math.min(...rows.map((row) => row.createdAt)) };
    });
    return {
      received: [],
      outcomes: [],
      incidents: [],
      liveIncidents: [],
      openFaults: [],
      storms: [],
      breakers: [],
      queuedRuns: 0,
      oldestQueuedAt: null,
      runningRuns: 0,
      outbox,
    };
  }

  /** Status of every row, in order of its making. */
  get statuses(): string[] {
    return [...this.rows.values()].map((row) => row.status);
  }

  #claim(delivery: Delivery): DeliveryClaim {
    const known = this.#incidents.get(delivery.incidentId ?? '');
    return {
      delivery,
      incident: known?.incident ?? null,
      faults: known?.faults ?? [],
      runs: known?.runs ?? [],
      post: this.posts.get(keyOf(delivery)) ?? this.posts.get(answeredKey(delivery)) ?? null,
      previous: this.#lastSent(delivery),
      queuedAhead: 0,
    };
  }

  #lastSent({ target, incidentId }: Delivery): Delivery | null {
    const sent = [...this.rows.values()].filter(
      (row) => incidentId !== null && row.target === target && row.incidentId === incidentId && row.status === 'sent',
    );
    return sent.at(-1) ?? null;
  }

  #row(target: DeliveryTarget, kind: DeliveryKind, at: number): Delivery {
    return {
      id: `dlv_${String(++this.#count).padStart(4, '0')}`,
      target,
      kind,
      incidentId: null,
      notice: null,
      state: kind,
      seq: 0,
      status: 'pending',
      attempts: 0,
      notBefore: 0,
      createdAt: at,
      sentAt: null,
      uncertain: false,
      error: null,
    };
  }

  #set(delivery: Delivery): void {
    this.rows.set(delivery.id, delivery);
    for (const listener of this.#listeners) listener([{ type: 'delivery', cluster: null, delivery }]);
  }

  #check(): void {
    if (this.broken) throw new StoreUnavailableError('disk is full');
  }
}

function keyOf(row: Delivery): string {
  return `${row.target}:${row.incidentId ?? row.notice?.key ?? row.id}`;
}

function answeredKey({ target, notice }: Delivery): string {
  return `${target}:${notice?.answers?.key ?? ''}`;
}
