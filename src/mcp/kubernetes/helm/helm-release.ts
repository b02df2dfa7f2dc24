import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { KubeObject } from '../../../kube/cluster-reader.ts';

/** What Helm keeps of one revision of a release, as far as it is shown. */
export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** deployed, failed, pending-upgrade, superseded … */
  readonly status: string;
  /** ISO 8601, as Helm writes it. */
  readonly updated: string | null;
  readonly description: string | null;
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string | null };
  /** What whoever installed it has set. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Unpacked, bytes: a Secret holds a megabyte, which may unpack to much. */
const maxBytes = 32 * 1024 * 1024;

const text = z.string().nullish();

const chartMetadata = z.object({ name: text, version: text, appVersion: text }).nullish();

const stored = z.object({
  name: z.string(),
  namespace: text,
  version: z.int(),
  config: z.record(z.string(), z.unknown()).nullish(),
  info: z.object({ status: text, last_deployed: text, description: text }).nullish(),
  chart: z.object({ metadata: chartMetadata }).nullish(),
});

/**
 * A release out of the Secret in which Helm 3 and later keep it (`sh.helm.release.v1.NAME.vREVISION`): JSON, packed with
 * gzip, in base64, and that in the base64 of all Secrets. Null for a Secret that is none, or that cannot be read.
 * https://helm.sh/docs/topics/advanced/#storage-backends
 */
export function helmRelease(secret: KubeObject): HelmRelease | null {
  const { data } = secret as { data?: { release?: unknown } | null };
  if (typeof data?.release !== 'string') return null;
  const json = unpacked(data.release);
  const parsed = stored.safeParse(json);
  if (!parsed.success) return null;
  const { name, namespace, version, config, info, chart } = parsed.data;
  return {
    name,
    namespace: namespace ?? secret.metadata.namespace ?? '',
    revision: version,
    status: info?.status ?? 'unknown',
    updated: info?.last_deployed || null,
    description: info?.description || null,
    chart: chartOf(chart?.metadata),
    values: config ?? {},
  };
}

function chartOf(metadata: z.infer<typeof chartMetadata>): HelmRelease['chart'] {
  const { name, version, appVersion } = metadata ?? {};
  return { name: name ?? '', version: version ?? '', appVersion: appVersion || null };
}

function unpacked(encoded: string): unknown {
  try {
    const inner = Buffer.from(Buffer.from(encoded, 'base64').toString('latin1'), 'base64');
    // Releases of the first days of Helm 3 are not packed.
    const isPacked = inner[0] === 0x1f && inner[1] === 0x8b;
    const bytes = isPacked ? gunzipSync(inner, { maxOutputLength: maxBytes }) : inner;
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
