import type { NamedObject, Silence } from '../domain/fault.ts';
import { silencesOfRules } from '../domain/silence/silences.ts';
import type { ListedFault, StateReader } from '../domain/state-store.ts';
import { kindNamed } from './kinds.ts';

/** The faults of an object, newest first, under the first of its possible kinds that has any; that kind is in `ref`. */
export async function keptFaults(
  reader: Pick<StateReader, 'why'>,
  cluster: string,
  named: NamedObject,
): Promise<{ ref: NamedObject; faults: readonly ListedFault[] }> {
  for (const kind of keptKinds(named.kind)) {
    const ref = { ...named, kind };
    const faults = await reader.why(cluster, ref);
    if (faults.length > 0) return { ref, faults };
  }
  return { ref: named, faults: [] };
}

/** The silences that the rules of faults name; those that ended long ago are gone. */
export async function silencesBehind(
  reader: Pick<StateReader, 'silences'>,
  faults: readonly ListedFault[],
): Promise<readonly Silence[]> {
  const ids = silencesOfRules(faults.map(({ reception }) => reception.rule));
  return ids.length === 0 ? [] : reader.silences({ ids });
}

/**
 * What an object's kind may be called where faults are kept, the likeliest first: as it was written, without its group,
 * and without the ending of a plural, since only the cluster knows the plural of a custom resource.
 */
export function keptKinds(kind: string): readonly string[] {
  const facts = kindNamed(kind);
  if (facts !== null) return [facts.kind];
  const [plain = kind] = kind.split('.');
  const endings: readonly (readonly [RegExp, string])[] = [
    [/ies$/i, 'y'],
    [/es$/i, ''],
    [/s$/i, ''],
  ];
  const singular = endings.filter(([ending]) => ending.test(plain)).map(([ending, by]) => plain.replace(ending, by));
  return [...new Set([kind, plain, ...singular])].filter((word) => word !== '');
}
