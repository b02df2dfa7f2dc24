import { z } from 'zod';
import { shapeFailure } from './failure.ts';

/*
 * What is read of Palette's answers. The server is not ours: a field that is missing, null or of another type is left
 * out, and only what a result cannot be without (uid, name, the list of a list) makes an answer unusable.
 */

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
/** A time as ISO 8601 in UTC. Go's zero time is none. */
const time = z.string().transform(isoTime).optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
/** Null is Go's empty list. What is no object is left out. */
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.flatMap((value) => item.safeParse(value).data ?? []) as z.output<Item>[]);
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined);

/** What every object of Palette has. */
const metadata = z.object({
  uid: z.string(),
  name: z.string(),
  creationTimestamp: time,
  lastModifiedTimestamp: time,
  labels: z.record(z.string(), z.string()).catch({}),
  annotations: z.record(z.string(), z.string()).catch({}),
});

/** The latest time that can be written, ms. */
const latest = 8.64e15;

const cost = part({ total: number, cloud: part({ compute: number, storage: number, total: number }) });
const compute = part({ total: number, request: number, limit: number, usage: number, unit: text });
const condition = { type: text, status: text, reason: text, message: text, lastTransitionTime: time };

const packRef = z.object({
  name: z.string(),
  displayName: text,
  layer: text,
  type: text,
  tag: text,
  version: text,
  addonType: text,
  isInvalid: flag,
  inValidReason: text,
});
export type PackRef = z.output<typeof packRef>;

/** A profile as a cluster, or an update of it, carries it. */
const profileTemplate = z.object({
  uid: text,
  name: text,
  type: text,
  cloudType: text,
  scope: text,
  profileVersion: text,
  version: z.union([z.number(), z.string()]).optional().catch(undefined),
  packs: list(packRef),
});
export type ProfileTemplate = z.output<typeof profileTemplate>;

/** Palette gives pools of a summary no name. */
const machinePool = z.object({
  isControlPlane: flag,
  size: number,
  healthy: number,
  maintenanceMode: number,
  labels: list(z.string()),
});
export type MachinePool = z.output<typeof machinePool>;

const specSummary = part({
  cloudConfig: part({ cloudType: text, machinePools: list(machinePool) }),
  clusterProfileTemplates: list(profileTemplate),
  projectMeta: part({ name: text }),
});

/** Status of a cluster as lists and its dashboard give it. */
const statusSummary = part({
  state: text,
  health: part({
    state: text,
    lastHeartBeatTimestamp: time,
    agentVersion: text,
    conditions: list(z.object({ type: text, message: text })),
  }),
  cost,
  hourlyRate: cost,
  metrics: part({ cpu: compute, memory: compute }),
  kubeMeta: part({ kubernetesVersion: text }),
  location: part({ countryName: text, regionName: text, regionCode: text }),
  notifications: part({ isAvailable: flag }),
  repave: part({ state: text }),
});

/** A cluster in `…/spectroclusters/search`. */
export const clusterSummary = z.object({ metadata, specSummary, status: statusSummary });
export type ClusterSummary = z.output<typeof clusterSummary>;

/** A cluster of `/v1/dashboard/spectroclusters/{uid}`: as above under another name. */
export const clusterDashboard = z.object({ metadata, spec: specSummary, status: statusSummary });
export type ClusterDashboard = z.output<typeof clusterDashboard>;

/** A cluster of `/v1/spectroclusters/{uid}`. */
export const cluster = z.object({
  metadata,
  spec: part({ cloudType: text, clusterType: text, clusterProfileTemplates: list(profileTemplate) }),
  status: part({
    state: text,
    conditions: list(z.object(condition)),
    packs: list(z.object({ name: z.string(), version: text, type: text, condition: part(condition) })),
    repave: part({ state: text }),
    upgrades: list(z.object({ reason: list(z.string()), timestamp: time })),
  }),
});
export type Cluster = z.output<typeof cluster>;

export const clusterEvent = z.object({
  metadata: part({ creationTimestamp: time, lastModifiedTimestamp: time }),
  severity: text,
  reason: text,
  message: text,
  source: part({ component: text, host: text }),
  involvedObject: part({ kind: text, name: text, uid: text }),
});
export type ClusterEvent = z.output<typeof clusterEvent>;

/** The names of `…/spectroclusters/meta`, which is a bare list. */
export const clusterNames = z.array(z.object({ metadata }));

export const clusterCost = z.object({
  startTime: time,
  endTime: time,
  period: number,
  cluster: z.object({
    cost,
    cloud: part({
      data: list(
        z.object({ timestamp: z.number().min(0).max(latest), compute: number, storage: number, total: number }),
      ),
    }),
  }),
});
export type ClusterCost = z.output<typeof clusterCost>;

const rates = part({ compute: number, storage: number, total: number });
const instanceType = z.object({
  type: text,
  cpu: number,
  gpu: number,
  memory: number,
  price: number,
  cost: part({ price: list(z.object({ os: text, onDemand: number, spot: number })) }),
});

export const clusterRate = z.object({
  rate: rates,
  machinePools: list(
    z.object({
      name: text,
      nodesCount: number,
      rate: part({
        total: number,
        compute: part({ rate: number, type: text }),
        storage: list(z.object({ rate: number, type: text, sizeGB: number })),
      }),
    }),
  ),
  resourceMetadata: part({ instanceTypes: z.record(z.string(), instanceType).catch({}) }),
});
export type ClusterRate = z.output<typeof clusterRate>;

const packSpec = z.object({
  name: z.string(),
  displayName: text,
  version: text,
  layer: text,
  type: text,
  registryUid: text,
  addonType: text,
  addonSubType: text,
  eol: text,
  values: text,
  manifests: list(z.object({ name: text })),
});

/** `…/profiles` of a cluster: what it runs. */
export const clusterProfiles = z.object({
  profiles: list(
    z.object({
      metadata,
      spec: part({
        type: text,
        cloudType: text,
        version: z.union([z.number(), z.string()]).optional().catch(undefined),
        packs: list(z.object({ spec: packSpec })),
      }),
    }),
  ),
});
export type ClusterProfiles = z.output<typeof clusterProfiles>;

/** `…/profileUpdates` of a cluster: what its profiles say now, where that differs. */
export const profileUpdates = z.object({ profiles: list(profileTemplate) });

const versions = list(z.object({ uid: z.string(), version: z.string() }));

export const profileSummary = z.object({
  metadata,
  specSummary: part({
    version: text,
    versions,
    published: part({ cloudType: text, type: text, packs: list(packRef) }),
    draft: part({ cloudType: text, type: text, packs: list(packRef) }),
  }),
  status: part({
    isPublished: flag,
    inUseClusters: list(z.object({ name: text })),
    pack: part({ deleted: number, deprecated: number, disabled: number }),
  }),
});
export type ProfileSummary = z.output<typeof profileSummary>;

export const profile = z.object({
  metadata,
  spec: part({
    version: text,
    versions,
    published: profileTemplate.optional().catch(undefined),
    draft: profileTemplate.optional().catch(undefined),
  }),
  status: part({ isPublished: flag, inUseClusters: list(z.object({ name: text })) }),
});

export const profilePacks = z.object({ items: list(z.object({ spec: packSpec })) });

export const packMetadata = z.object({
  spec: z.object({
    name: z.string(),
    displayName: text,
    layer: text,
    type: text,
    addonType: text,
    addonSubType: text,
    group: text,
    cloudTypes: list(z.string()),
    registries: list(z.object({ name: text, uid: text, latestVersion: text, scope: text })),
  }),
});
export type PackMetadata = z.output<typeof packMetadata>;

export const packValidation = z.object({
  packs: z.object({
    results: list(z.object({ name: text, displayName: text, errors: list(z.object({ code: text, message: text })) })),
  }),
});

/** A page of a list: documented as `listmeta`, in places as `listMeta`. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** '' at the end. */
  readonly next: string;
  readonly total: number | null;
}

const listMeta = part({ continue: text, count: number });
const listAnswer = z.object({ items: z.array(z.unknown()).nullish(), listmeta: listMeta, listMeta: listMeta });

/** An answer in a shape. @throws ToolError `upstream_unavailable` */
export function shaped<Shape extends z.ZodType>(shape: Shape, answer: unknown, asked: string): z.output<Shape> {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0] ?? { path: [], message: '' };
  throw shapeFailure(asked, `${path.join('.') || 'the whole'}: ${message}`);
}

/** An answer that is a page of a list. @throws ToolError `upstream_unavailable` */
export function listShaped<Item extends z.ZodType>(
  item: Item,
  answer: unknown,
  asked: string,
): ListPage<z.output<Item>> {
  const page = shaped(listAnswer, answer, asked);
  const meta = page.listmeta ?? page.listMeta;
  if (page.items === undefined && meta === undefined) throw shapeFailure(asked, 'it is no list');
  const items = shaped(z.array(item), page.items ?? [], asked);
  return { items, next: meta?.continue ?? '', total: meta?.count ?? null };
}

function isoTime(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms <= 0 ? undefined : new Date(ms).toISOString();
}
