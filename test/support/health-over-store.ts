import { onTestFinished } from 'vitest';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import type { StateStore, StorePolicy } from '../../src/domain/state-store.ts';
import { openTestStore } from '../storage/store-fixture.ts';
import { HealthFixture } from './health-fixture.ts';
import { clusterPolicy } from './signals.ts';

/** A health server over a real store that has the cluster `prod`; both are gone when the test ends. */
export async function healthOverStore(
  change: Partial<StorePolicy> = {},
): Promise<{ fixture: HealthFixture; store: StateStore }> {
  const { store } = await openTestStore(change);
  const fitting: HealthServerOptions['silences']['fitting'] = (matchers) =>
    store.fittingFaults(matchers, { prod: clusterPolicy() });
  const fixture = await HealthFixture.start({ silences: { ...store, fitting }, orders: store });
  onTestFinished(() => fixture.stop());
  // What a route answers of an incident is what the store has.
  fixture.reader.incident = (id) => store.incident(id);
  fixture.reader.search = (query) => store.search(query);
  fixture.reader.silences = (query) => store.silences(query);
  fixture.reader.notTold = (query) => store.notTold(query);
  fixture.reader.connectionSpans = (cluster) => store.connectionSpans(cluster);
  fixture.reader.feedback = (query) => store.feedback(query);
  return { fixture, store };
}
