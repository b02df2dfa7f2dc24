import { z } from 'zod';
import pLimit from 'p-limit';
import { ReadError } from '../../../kube/cluster-reader.ts';
import { clusterOrNodeArgs } from '../../clusters.ts';
import { objectName } from '../../kubernetes/read/args.ts';
import { listOf, pageArgs, pageOfAll } from '../../page.ts';
import { define, type Tool, type ToolCall } from '../../tool.ts';
import { present } from '../../present.ts';
import { oneNamespaceArg } from '../objects/args.ts';
import { type FluxObject, refText, sourceText, textOf } from '../objects/flux-object.ts';
import { type FluxCall, type FluxDeps, openFlux } from '../objects/flux-reader.ts';
import { applierKinds } from '../objects/kinds.ts';
import { stateOf } from '../objects/state.ts';
import { stateSchema, statusFields, statusShape } from '../objects/status-fields.ts';
import { AppliedObjects } from './applied-objects.ts';
import { type InventoryEntry, readInventory } from './inventory.ts';
import { type Health, healthOf, healths, type ObjectHealth } from './object-health.ts';

/** Objects that are read at a time. */
const parallelReads = 6;

const item = z.object({
  object: z.string().describe('Kind/namespace/name.'),
  api_version: z.string(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  applied_by: z.string().describe('Kind/namespace/name of the Kustomization or HelmRelease that has applied it.'),
  level: z.int().describe('1 for what the root has applied, 2 for what that has applied, …'),
  health: z
    .enum(healths)
    .describe('missing: applied once and not there now; unreadable: not looked at, the message says why.'),
  message: z.string().optional(),
});

const root = z.object({
  object: z.string(),
  state: stateSchema,
  ...statusShape,
  source: z.string().optional(),
  last_applied_revision: z.string().optional(),
});

const summary = z
  .object(Object.fromEntries(healths.map((health) => [health, z.int()])) as Record<Health, z.ZodInt>)
  .describe('Of the objects of this page.');

/** `get_flux_tree`. */
export function getTree(deps: FluxDeps): Tool {
  return define({
    name: 'get_flux_tree',
    toolset: 'flux',
    title: 'What Flux has applied',
    description:
      'Shows the objects that a Flux Kustomization or HelmRelease has applied, and what the Kustomizations among them have applied, each with its health. Use it to see what belongs to an application and what of it is missing or not well.',
    rate: 'logs',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      name: objectName.describe('Name of the Kustomization or HelmRelease.'),
      namespace: oneNamespaceArg.describe('Of the Kustomization or HelmRelease.'),
      kind: z.enum(applierKinds).default('Kustomization').describe('What of the two it is.'),
      levels: z.int().min(1).max(5).default(2).describe('How deep: 1 shows only what it has applied itself.'),
      ...pageArgs,
    }),
    output: listOf(item, { root, summary }),
    run: async (args, call) => {
      const opened = openFlux(args, deps, call);
      const object = await opened.flux.require(args.kind, args.namespace, args.name);
      const inventory = await readInventory(object, args.levels, opened.flux);
      const page = await pageOfAll(inventory.entries, args, call);
      const items = await readHealths(page.items, opened, call);
      const cut = {
        truncated: true,
        truncated_reason: 'there are too many inventories; ask for a tree of a smaller one',
      };
      return {
        ...page,
        ...(inventory.cut ? cut : {}),
        items,
        root: rootOf(object),
        summary: summaryOf(items),
        ...opened.told,
      };
    },
  });
}

function rootOf(object: FluxObject): z.output<typeof root> {
  return present({
    object: refText({ kind: object.kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name }),
    state: stateOf(object),
    ...statusFields(object),
    source: sourceText(object),
    last_applied_revision: textOf(object.status?.lastAppliedRevision),
  });
}

async function readHealths(entries: readonly InventoryEntry[], opened: FluxCall, call: ToolCall) {
  const slots = pLimit(parallelReads);
  const objects = new AppliedObjects(
    entries.filter((entry) => unread(entry) === null),
    opened,
    call.signal,
  );
  let done = 0;
  const read = async (entry: InventoryEntry): Promise<z.output<typeof item>> => {
    const { health, message } = await readHealth(entry, objects, opened.now);
    done += 1;
    call.progress(`read ${refText(entry)}`, done, entries.length);
    const { apiVersion, kind, namespace, name, parent, level } = entry;
    return present({
      object: refText(entry),
      api_version: apiVersion,
      kind,
      namespace: namespace === '' ? undefined : namespace,
      name,
      applied_by: parent,
      level,
      health,
      message: textOf(message),
    });
  };
  return await Promise.all(entries.map((entry) => slots(read, entry)));
}

/** Why an object is not asked for; null when it is. */
function unread({ apiVersion, kind, elsewhere }: InventoryEntry): string | null {
  if (elsewhere) return 'it is in another cluster (spec.kubeConfig)';
  return apiVersion === 'v1' && kind === 'Secret' ? 'Secrets are not read' : null;
}

async function readHealth(entry: InventoryEntry, objects: AppliedObjects, now: number): Promise<ObjectHealth> {
  const message = unread(entry);
  if (message !== null) return { health: 'unreadable', message };
  try {
    const found = await objects.get(entry);
    return found === null ? { health: 'missing' } : healthOf(found, now);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    if (error.failure === 'forbidden') return { health: 'unreadable', message: error.message };
    if (error.failure !== 'unsupported') throw error;
    return { health: 'missing', message: `the cluster serves no ${entry.kind} of ${entry.apiVersion}` };
  }
}

function summaryOf(items: readonly z.output<typeof item>[]): Record<Health, number> {
  const counts = Object.fromEntries(healths.map((health) => [health, 0])) as Record<Health, number>;
  for (const { health } of items) counts[health] += 1;
  return counts;
}
