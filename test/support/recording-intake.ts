import type { FaultSignal, InvalidSignal } from '../../src/domain/fault.ts';
import type { FaultEpisode, Notice } from '../../src/domain/records.ts';
import {
  StoreUnavailableError,
  type SweepAccepted,
  type SweepReport,
  type NotifiedUnreachable,
} from '../../src/domain/state-store.ts';

/** An intake store that keeps what it is given, can be slow and can be full. */
export class RecordingIntake {
  readonly signals: (FaultSignal | InvalidSignal)[] = [];
  readonly batches: number[] = [];
  readonly sweeps: SweepReport[] = [];
  /** Every sweep that it was given, also those that could not be written. */
  readonly offered: SweepReport[] = [];
  readonly throttled = new Map<string, number>();
  readonly notices: { kind: string; notice: Notice; at: number }[] = [];
  /** Accepting takes so long, ms. */
  slowMs = 0;
  /** Nothing can be written. */
  full = false;

  get faults(): readonly FaultSignal[] {
    return this.signals.filter((signal) => 'faultId' in signal);
  }

  get invalid(): readonly InvalidSignal[] {
    return this.signals.filter((signal) => 'excerpt' in signal);
  }

  throttledOf(cluster: string): number {
    return this.throttled.get(cluster) ?? 0;
  }

  sweepsOf(cluster: string): number {
    return this.sweeps.filter((report) => report.cluster === cluster).length;
  }

  async accept(signals: readonly (FaultSignal | InvalidSignal)[]): Promise<void> {
    await this.#write();
    this.batches.push(signals.length);
    this.signals.push(...signals);
  }

  async countThrottled(cluster: string, count: number): Promise<void> {
    await this.#write();
    this.throttled.set(cluster, this.throttledOf(cluster) + count);
  }

  async acceptSweep(report: SweepReport): Promise<SweepAccepted> {
    this.offered.push(report);
    await this.#write();
    this.sweeps.push(report);
    return { received: report.findings.length, cleared: 0, firstContact: false };
  }

  /** From the sweeps alone, as a restart would find it. */
  serverCluster(): Promise<string> {
    return Promise.resolve(this.sweeps.findLast(({ serverCluster }) => serverCluster)?.serverCluster ?? '');
  }

  activeFaults(): Promise<readonly FaultEpisode[]> {
    return Promise.resolve([]);
  }

  async notice(kind: string, notice: Notice, at: number): Promise<void> {
    await this.#write();
    this.notices.push({ kind, notice, at });
  }

  /** From the notices alone, as a restart would find them. */
  notifiedUnreachable(): Promise<NotifiedUnreachable[]> {
    const unreachable = new Map<string, NotifiedUnreachable>();
    for (const { kind, notice } of this.notices) {
      for (const cluster of notice.clusters) {
        if (kind === 'clusters_unreachable')
          unreachable.set(cluster, { cluster, since: notice.since ?? 0, key: notice.key });
        else unreachable.delete(cluster);
      }
    }
    return Promise.resolve([...unreachable.values()]);
  }

  async #write(): Promise<void> {
    if (this.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowMs));
    if (this.full) throw new StoreUnavailableError('no space left on device');
  }
}
