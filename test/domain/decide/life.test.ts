import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clearFault,
  endByOrder,
  finishInvestigation,
  requestInvestigation,
  returnToQueue,
  startInvestigation,
} from '../../../src/domain/decide/investigation.ts';
import type { Write } from '../../../src/domain/decide/plan.ts';
import { settle } from '../../../src/domain/decide/settle.ts';
import { clearEpisode } from '../../../src/domain/episode.ts';
import { isLive, yieldsFamily } from '../../../src/domain/incident.ts';
import type { FaultEpisode, Incident, Reception, Run } from '../../../src/domain/records.ts';
import { runResult } from '../../storage/store-fixture.ts';
import { owner, signal, startOfTime, storePolicy } from '../../support/signals.ts';
import { reception, settleFacts } from './facts.ts';

/** Rows in memory that do what a plan says and nothing else: the decisions alone must keep them whole. */
class Rows {
  at = startOfTime;
  readonly incidents = new Map<string, Incident>();
  readonly runs = new Map<string, Run>();
  readonly episodes = new Map<number, FaultEpisode>();
  readonly receptions = new Map<number, Reception>();
  #count = 0;

  context() {
    return { at: this.at, policy: storePolicy(), newId: (prefix: string) => `${prefix}_${++this.#count}` };
  }

  apply(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === 'incident') this.incidents.set(write.incident.id, write.incident);
      if (write.type === 'run') this.runs.set(write.run.id, write.run);
      if (write.type === 'episode') this.episodes.set(write.episode.id, write.episode);
      if (write.type === 'outcome') this.receptions.set(write.reception.seq, write.reception);
      if (write.type === 'final') {
        for (const one of this.receptions.values()) {
          if (one.incidentId === write.incidentId) this.receptions.set(one.seq, { ...one, final: true });
        }
      }
    }
  }

  liveRun(id: string): Run | null {
    const isLiveRun = ({ status }: Run) => status === 'queued' || status === 'running';
    return [...this.runs.values()].find((run) => run.incidentId === id && isLiveRun(run)) ?? null;
  }

  active(id: string): FaultEpisode[] {
    return [...this.episodes.values()].filter((one) => one.incidentId === id && one.clearedAt === null);
  }

  receive(faultType: string, pod: string): void {
    const given = signal({ faultType, pod });
    const active = [...this.episodes.values()].find((one) => one.faultId === given.faultId && one.clearedAt === null);
    const incidents = [...this.incidents.values()];
    const facts = settleFacts({
      reception: reception({ seq: this.receptions.size + 1, at: this.at, signal: given }),
      at: this.at,
      owner: owner(),
      active: active ?? null,
      activeIncident: this.incidents.get(active?.incidentId ?? '') ?? null,
      ownerIncidents: () => incidents.filter(({ status }) => isLive(status)),
      resolved: () => incidents.filter(({ status }) => status === 'resolved').toReversed(),
      yieldsFamily: ({ id }) => yieldsFamily(this.active(id)),
      nextEpisodeId: () => this.episodes.size + 1,
      liveRun: (id) => this.liveRun(id),
      runsSince: (id, time) => [...this.runs.values()].filter((run) => run.incidentId === id && run.createdAt > time),
    });
    this.apply(settle(facts, this.context()).writes);
  }

  clear(which: number): void {
    const active = [...this.episodes.values()].filter(({ clearedAt }) => clearedAt === null);
    const before = active[which % (active.length || 1)];
    const incident = this.incidents.get(before?.incidentId ?? '');
    if (before === undefined || incident === undefined) return;
    const episode = clearEpisode(before, this.at);
    this.apply([{ type: 'episode', before, episode }]);
    const receptions = [...this.receptions.values()].filter((one) => one.episodeId === episode.id && !one.final);
    const facts = {
      episode,
      incident,
      run: this.liveRun(incident.id),
      active: this.active(incident.id),
      receptions,
    };
    this.apply(clearFault(facts, this.at).writes);
  }

  /** What a scheduler or a person does with one of the incidents. */
  work(which: number, how: 'start' | 'finish' | 'fail' | 'return' | 'request' | 'resolve'): void {
    const incident = [...this.incidents.values()][which % (this.incidents.size || 1)];
    if (incident === undefined) return;
    const run = this.liveRun(incident.id);
    const active = this.active(incident.id);
    const result = runResult({ outcome: how === 'fail' ? 'failed' : 'answered' });
    if (how === 'request') this.apply(requestInvestigation(incident, run, 'manual', this.context()).draft.writes);
    if (how === 'resolve') this.apply(endByOrder(incident, run, 'by ada', this.at).writes);
    if (how === 'start' && run?.status === 'queued')
      this.apply(startInvestigation(incident, run, this.at).draft.writes);
    if (run?.status !== 'running') return;
    if (how === 'return') this.apply(returnToQueue(incident, run, this.at).writes);
    if (how === 'finish' || how === 'fail')
      this.apply(finishInvestigation({ incident, run, active }, result, this.at).writes);
  }

  wrongs(): string[] {
    return [...this.incidents.values()].flatMap(({ id, status }) => {
      const live = [...this.runs.values()].filter((run) => run.incidentId === id && /queued|running/.test(run.status));
      const waits = status === 'open' || status === 'queued' || status === 'investigating';
      const done = status === 'reported' || status === 'failed';
      return [
        live.length > 1 ? `${id} has ${live.length} live runs` : '',
        waits && live.length === 0 ? `${id} is ${status} and nothing works on it` : '',
        done && this.active(id).length === 0 ? `${id} is ${status} and nothing of it stands` : '',
      ].filter((wrong) => wrong !== '');
    });
  }
}

const number = fc.nat(9);
const step = fc.oneof(
  fc
    .tuple(fc.constantFrom('CrashLoop', 'ImagePull', 'DeploymentFailure', 'WarningEvent'), fc.constantFrom('a', 'b'))
    .map(
      ([type, pod]) =>
        (rows: Rows) =>
          rows.receive(type, pod),
    ),
  number.map((which) => (rows: Rows) => rows.clear(which)),
  fc.tuple(number, fc.constantFrom('start', 'finish', 'fail', 'return', 'request', 'resolve' as const)).map(
    ([which, how]) =>
      (rows: Rows) =>
        rows.work(which, how),
  ),
);

test('INT-6: whatever happens in whatever order, the decisions alone leave no incident waiting for nothing', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(1000, 120_000, 3_600_000), step), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (given) => {
      const rows = new Rows();
      for (const [wait, take] of given) {
        rows.at += wait;
        take(rows);
        expect(rows.wrongs()).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});
