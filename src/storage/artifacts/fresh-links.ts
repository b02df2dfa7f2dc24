import type { ArtifactStore } from '../../domain/ports.ts';
import type { Incident } from '../../domain/records.ts';
import type { DeliveryStore, StateReader } from '../../domain/state-store.ts';

type Shown = Pick<DeliveryStore, 'claimDeliveries'> & Pick<StateReader, 'incident' | 'incidents'>;

/**
 * The store for those who show reports to people: the address of each report is one that can be opened from now on for
 * the configured time. The rows keep addresses without signatures. One that cannot be signed now stays as it is.
 */
export function withFreshLinks<Store extends Shown>(store: Store, artifacts: Pick<ArtifactStore, 'link'>): Store {
  const linked = async (incident: Incident): Promise<Incident> => {
    const { report } = incident;
    if (report === null) return incident;
    return { ...incident, report: await artifacts.link(report).catch(() => report) };
  };
  const shown: Shown = {
    async claimDeliveries(...args) {
      const claims = await store.claimDeliveries(...args);
      return Promise.all(
        claims.map(async (claim) => {
          return claim.incident === null ? claim : { ...claim, incident: await linked(claim.incident) };
        }),
      );
    },
    async incident(id) {
      const detail = await store.incident(id);
      return detail === null ? null : { ...detail, incident: await linked(detail.incident) };
    },
    async incidents(query) {
      const page = await store.incidents(query);
      const items = page.items.map(async (detail) => ({ ...detail, incident: await linked(detail.incident) }));
      return { ...page, items: await Promise.all(items) };
    },
  };
  return { ...store, ...shown };
}
