import type { SilenceStore } from '../../../domain/cluster-policy.ts';
import { isLive } from '../../../domain/incident.ts';
import type { StateReader, StoreChange } from '../../../domain/state-store.ts';
import { endedByIncident, endsWith, silenceState } from '../../../domain/silence/silences.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText } from '../../../lib/problem.ts';

export interface UntilResolvedOptions {
  readonly store: Pick<SilenceStore, 'silences' | 'endSilence'> &
    Pick<StateReader, 'incident'> & { onChange(listener: (changes: readonly StoreChange[]) => void): () => void };
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Ends silences that hold until an incident is resolved, also those whose incident ended while nobody looked. */
export function endSilencesWithIncidents({ store, clock, log }: UntilResolvedOptions): { stop(): Promise<void> } {
  let going: Promise<void> = Promise.resolve();
  const look = (incidentId: string | null): void => {
    going = going.then(() => endThose(incidentId));
  };
  const endThose = async (incidentId: string | null): Promise<void> => {
    try {
      for (const silence of await store.silences()) {
        const id = endsWith(silence);
        if (id === null || (incidentId !== null && id !== incidentId)) continue;
        if (silenceState(silence, clock.now()) === 'ended') continue;
        const detail = await store.incident(id);
        if (detail !== null && isLive(detail.incident.status)) continue;
        await store.endSilence(silence.id, endedByIncident, clock.now());
      }
    } catch (error) {
      log.warn({ err: errorText(error) }, 'silences that hold until an incident is resolved were not looked at');
    }
  };
  const letGo = store.onChange((changes) => {
    for (const change of changes)
      if (change.type === 'incident' && !isLive(change.incident.status)) look(change.incident.id);
  });
  look(null);
  return {
    stop: async () => {
      letGo();
      await going;
    },
  };
}
