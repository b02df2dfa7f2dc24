import { ToolError } from '../../tool-error.ts';
import { paletteUid } from '../config.ts';

/** One request that may be sent. */
interface Call {
  readonly method: 'GET' | 'POST';
  /** `{uid}` stands for the uid that is asked about. */
  readonly path: string;
  /** Names of its query; nothing else is sent. */
  readonly query?: readonly string[];
}

/**
 * All that is ever asked of Palette (its "Palette APIs - 4.9"): lists are POSTs with a filter as their body and change
 * nothing. What is not here cannot be sent; kubeconfigs of clusters are not here on purpose.
 */
export const calls = {
  searchClusters: { method: 'POST', path: '/v1/dashboard/spectroclusters/search', query: ['limit', 'continue'] },
  clusterNames: { method: 'GET', path: '/v1/dashboard/spectroclusters/meta' },
  cluster: { method: 'GET', path: '/v1/spectroclusters/{uid}' },
  clusterSummary: { method: 'GET', path: '/v1/dashboard/spectroclusters/{uid}' },
  clusterEvents: {
    method: 'GET',
    path: '/v1/events/components/spectrocluster/{uid}',
    query: ['limit', 'continue'],
  },
  clusterCost: {
    method: 'GET',
    path: '/v1/dashboard/spectroclusters/{uid}/cost',
    query: ['startTime', 'endTime', 'period'],
  },
  clusterRate: { method: 'GET', path: '/v1/spectroclusters/{uid}/rate', query: ['periodType'] },
  clusterProfiles: { method: 'GET', path: '/v1/spectroclusters/{uid}/profiles' },
  profileUpdates: { method: 'GET', path: '/v1/spectroclusters/{uid}/profileUpdates' },
  searchProfiles: { method: 'POST', path: '/v1/dashboard/clusterprofiles', query: ['limit', 'continue'] },
  profile: { method: 'GET', path: '/v1/clusterprofiles/{uid}' },
  profilePacks: { method: 'GET', path: '/v1/clusterprofiles/{uid}/packs' },
  searchPacks: { method: 'POST', path: '/v1/packs/search', query: ['limit', 'continue'] },
  validatePacks: { method: 'POST', path: '/v1/clusterprofiles/validate/packs' },
} as const satisfies Readonly<Record<string, Call>>;

/** Name of a request in the table. */
export type CallName = keyof typeof calls;

/** What a request is about. */
export interface Asked {
  readonly uid?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Of a POST, as JSON. */
  readonly body?: unknown;
}

export interface PaletteRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  /** Method and path, for messages. */
  readonly shown: string;
  readonly body: string | null;
}

/**
 * A request of the table as it is sent. @throws ToolError `invalid_argument` for a uid that would change the path;
 * Error for a query that the table does not have
 */
export function requestOf(name: CallName, { uid, query = {}, body }: Asked): PaletteRequest {
  const call: Call = calls[name];
  const path = call.path.includes('{uid}') ? call.path.replace('{uid}', safeUid(uid)) : call.path;
  const unknown = Object.keys(query).find((key) => !(call.query ?? []).includes(key));
  if (unknown !== undefined) throw new Error(`${call.method} ${call.path} has no query ${unknown}`);
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) search.set(key, String(value));
  return {
    method: call.method,
    path: search.size === 0 ? path : `${path}?${search.toString()}`,
    shown: `${call.method} ${path}`,
    body: call.method === 'POST' ? JSON.stringify(body ?? {}) : null,
  };
}

function safeUid(uid: string | undefined): string {
  const read = paletteUid.safeParse(uid);
  if (read.success) return read.data;
  throw new ToolError(
    'invalid_argument',
    'that is no uid of Palette',
    'Take a uid from palette_list_clusters or palette_list_cluster_profiles.',
  );
}
