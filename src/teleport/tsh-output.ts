import { z } from 'zod';

/** The forms that tsh writes with `--format=json`; what we do not use is let through and dropped. */
const versionSchema = z.looseObject({ version: z.string() });
const profileSchema = z.looseObject({
  profile_url: z.string().default(''),
  username: z.string().default(''),
  cluster: z.string().default(''),
  logins: z.array(z.string()).default([]),
  kubernetes_enabled: z.boolean().default(false),
  valid_until: z.string().default(''),
});
const statusSchema = z.looseObject({ active: profileSchema.nullish() });
const labels = z.record(z.string(), z.string()).nullish();
const nodeSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), labels }),
  spec: z.looseObject({
    addr: z.string().default(''),
    hostname: z.string().default(''),
    version: z.string().default(''),
    cmd_labels: z.record(z.string(), z.looseObject({ result: z.string().default('') })).nullish(),
    use_tunnel: z.boolean().nullish(),
  }),
});
const clustersSchema = z.array(
  z.looseObject({
    cluster_name: z.string().optional(),
    name: z.string().optional(),
    status: z.string().default(''),
    cluster_type: z.string().optional(),
    type: z.string().optional(),
  }),
);

/** The login that tsh has. */
export interface TshLogin {
  readonly username: string;
  readonly cluster: string;
  /** Logins on nodes that its roles allow. */
  readonly logins: readonly string[];
  /** ms since the epoch; null when tsh does not say. */
  readonly validUntil: number | null;
}

/** A node as Teleport knows it. */
export interface TeleportNode {
  readonly id: string;
  readonly hostname: string;
  readonly addr: string;
  /** It is reached through a reverse tunnel. */
  readonly tunnel: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
}

/** A root or leaf cluster that the proxy knows. */
export interface KnownCluster {
  readonly name: string;
  readonly status: string;
}

/** Of `tsh version --client --format=json`. @throws Error when it has another form */
export function tshVersion(stdout: string): string {
  return versionSchema.parse(json(stdout)).version;
}

/** Of `tsh status --format=json`: null when nobody is logged in. With an expired login there is JSON, too. */
export function tshLogin(stdout: string): TshLogin | null {
  if (!stdout.trimStart().startsWith('{')) return null;
  const { active } = statusSchema.parse(json(stdout));
  if (!active) return null;
  const validUntil = Date.parse(active.valid_until);
  return {
    username: active.username,
    cluster: active.cluster,
    logins: active.logins,
    validUntil: Number.isNaN(validUntil) ? null : validUntil,
  };
}

/** Of `tsh ls --format=json`, by hostname. @throws Error when it has another form */
export function tshNodes(stdout: string): TeleportNode[] {
  const nodes = z.array(nodeSchema).parse(json(stdout) ?? []);
  return nodes
    .map(({ metadata, spec }) => ({
      id: metadata.name,
      hostname: spec.hostname,
      addr: spec.addr,
      tunnel: spec.use_tunnel ?? spec.addr === '',
      labels: {
        ...metadata.labels,
        ...Object.fromEntries(Object.entries(spec.cmd_labels ?? {}).map(([name, { result }]) => [name, result])),
      },
      version: spec.version,
    }))
    .toSorted((a, b) => (a.hostname < b.hostname ? -1 : a.hostname > b.hostname ? 1 : a.id < b.id ? -1 : 1));
}

/** Of `tsh clusters --format=json`. @throws Error when it has another form */
export function tshClusters(stdout: string): KnownCluster[] {
  return clustersSchema
    .parse(json(stdout) ?? [])
    .flatMap(({ cluster_name, name = cluster_name, status }) => (name === undefined ? [] : [{ name, status }]));
}

function json(text: string): unknown {
  return JSON.parse(text) as unknown;
}
