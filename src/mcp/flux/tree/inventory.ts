import { ReadError } from '../../../kube/cluster-reader.ts';
import { items } from '../../../kube/objects.ts';
import { type FluxObject, refOf } from '../objects/flux-object.ts';
import type { FluxReader } from '../objects/flux-reader.ts';
import { type ApplierKind, fluxKindOf, isApplier } from '../objects/kinds.ts';

/** An object that Flux has applied, as the inventory of what applied it names it. */
export interface InventoryEntry {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** `Kind/namespace/name` of what has applied it. */
  readonly parent: string;
  /** 1 for what the root has applied. */
  readonly level: number;
  /** It is in another cluster, the one of its parent's `spec.kubeConfig`. */
  readonly elsewhere: boolean;
}

export interface Inventory {
  readonly entries: readonly InventoryEntry[];
  /** Not all inventories were followed. */
  readonly cut: boolean;
}

/** Inventories that are read for one tree. */
const maxInventories = 100;

/**
 * What an object has applied, and what the Kustomizations and HelmReleases among it have applied, down to `levels`, each
 * behind what has applied it. @throws ReadError
 */
export async function readInventory(root: FluxObject, levels: number, flux: FluxReader): Promise<Inventory> {
  const entries: InventoryEntry[] = [];
  const seen = new Set([refOf(root)]);
  let cut = false;

  async function follow(parent: FluxObject, level: number): Promise<void> {
    for (const entry of entriesOf(parent, level)) {
      entries.push(entry);
      const kind = applierKind(entry);
      if (kind === null || entry.elsewhere || level >= levels) continue;
      const key = `${kind}/${entry.namespace}/${entry.name}`;
      // A Kustomization may well have applied itself.
      if (seen.has(key)) continue;
      if (seen.size >= maxInventories) cut = true;
      else {
        seen.add(key);
        const child = await readable(flux.getIfServed(kind, entry.namespace, entry.name));
        if (child !== null) await follow(child, level + 1);
      }
    }
  }

  await follow(root, 1);
  return { entries, cut };
}

/** Null for what may not be read: it stands in the tree as such. */
async function readable(read: Promise<FluxObject | null>): Promise<FluxObject | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ReadError && error.failure === 'forbidden') return null;
    throw error;
  }
}

/** The inventory of one object; entries that cannot be read are left out. */
export function entriesOf(parent: FluxObject, level: number): InventoryEntry[] {
  const elsewhere = parent.spec?.kubeConfig !== undefined && parent.spec.kubeConfig !== null;
  return items(parent.status?.inventory?.entries).flatMap(({ id, v }) => {
    const object = typeof id === 'string' ? parseId(id) : null;
    if (object === null) return [];
    const { group, ...rest } = object;
    const version = typeof v === 'string' && v !== '' ? v : 'v1';
    const apiVersion = group === '' ? version : `${group}/${version}`;
    return [{ ...rest, apiVersion, parent: refOf(parent), level, elsewhere }];
  });
}

/**
 * `NAMESPACE_NAME_GROUP_KIND`, the form of fluxcd/cli-utils (pkg/object/objmetadata.go): namespace and group may be empty,
 * and a colon in the name of a role is written as two underscores.
 */
function parseId(id: string): { namespace: string; name: string; group: string; kind: string } | null {
  const parts = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id);
  if (parts === null) return null;
  const [, namespace = '', name = '', group = '', kind = ''] = parts;
  return { namespace, name: name.replaceAll('__', ':'), group, kind };
}

function applierKind({ apiVersion, kind }: InventoryEntry): ApplierKind | null {
  const known = fluxKindOf(apiVersion.split('/')[0] ?? '', kind);
  return known !== null && isApplier(known) ? known : null;
}
