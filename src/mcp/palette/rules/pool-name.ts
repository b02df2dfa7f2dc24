import type { MachinePool } from '../api/shapes.ts';

/** Machine pools with names by their roles and order: summaries of Palette give them none. */
export function namedPools(
  pools: readonly MachinePool[],
): readonly { readonly name: string; readonly pool: MachinePool }[] {
  const counts = new Map<string, number>();
  return pools.map((pool) => {
    const role = pool.isControlPlane === true ? 'control-plane' : 'worker';
    const count = (counts.get(role) ?? 0) + 1;
    counts.set(role, count);
    return { name: role === 'worker' || count > 1 ? `${role}-${count}` : role, pool };
  });
}
