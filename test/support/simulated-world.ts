import { ClusterState } from '../../src/sim/api/cluster-state.ts';
import { World } from '../../src/sim/objects/world.ts';
import { ManualClock } from './manual-clock.ts';

/** Numbers that look random and are the same each time. */
export function seededRandom(seed = 7): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** An empty simulated cluster whose time stands still. */
export function emptyWorld(): { world: World; state: ClusterState; clock: ManualClock } {
  const clock = new ManualClock();
  const state = new ClusterState();
  return { world: new World(state, clock, seededRandom()), state, clock };
}
