import type { Clock } from '../../../lib/clock.ts';
import { ToolError } from '../../tool-error.ts';
import type { Asked, CallName } from '../api/calls.ts';
import type { Palette } from '../api/palette-api.ts';
import {
  clusterAnswer,
  dashboardAnswer,
  eventAnswers,
  runningAnswer,
  summaryAnswer,
  updatesAnswer,
} from './cluster-answers.ts';
import { costAnswer, rateAnswer } from './cost-answers.ts';
import { packMetadataAnswer, profileAnswer, profilePacksAnswer, profileSummaryAnswer } from './profile-answers.ts';
import { demoPacks, type DemoProfile, demoProfiles } from './catalogue.ts';
import { type DemoCluster, demoClusters } from './fleet.ts';

/** The demo fleet as a Palette: plain data, no network, the same answers for the same time. */
export class DemoPalette implements Palette {
  readonly demo = true;
  readonly source = 'palette-demo';
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ask(call: CallName, asked: Asked, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    return answers[call](asked, this.#clock.now());
  }
}

type Answer = (asked: Asked, now: number) => unknown;

const answers: Readonly<Record<CallName, Answer>> = {
  searchClusters: ({ query }, now) => page(demoClusters, query, (one) => summaryAnswer(one, now)),
  clusterNames: () => demoClusters.map(({ uid, name }) => ({ metadata: { uid, name } })),
  cluster: ({ uid }, now) => clusterAnswer(clusterOf(uid), now),
  clusterSummary: ({ uid }, now) => dashboardAnswer(clusterOf(uid), now),
  clusterEvents: ({ uid, query }, now) => page(eventAnswers(clusterOf(uid), now), query, (event) => event),
  clusterCost: ({ uid, query }) => costOf(clusterOf(uid), query),
  clusterRate: ({ uid, query }) => rateAnswer(clusterOf(uid), String(query?.['periodType'])),
  clusterProfiles: ({ uid }) => runningAnswer(clusterOf(uid)),
  profileUpdates: ({ uid }) => updatesAnswer(clusterOf(uid)),
  searchProfiles: ({ query, body }) => page(demoProfiles.filter(profileFilter(body)), query, profileSummaryAnswer),
  profile: ({ uid }) => profileAnswer(profileOf(uid)),
  profilePacks: ({ uid }) => profilePacksAnswer(profileOf(uid)),
  searchPacks: ({ query, body }) => page(demoPacks.filter(packFilter(body)), query, packMetadataAnswer),
  validatePacks: ({ body }) => constraintsOf(body),
};

type Query = Asked['query'];

function page<T>(all: readonly T[], query: Query, shown: (item: T) => object): object {
  const limit = Number(query?.['limit']);
  const start = Number(query?.['continue'] ?? 0);
  const end = start + limit;
  return {
    items: all.slice(start, end).map(shown),
    listmeta: { continue: end < all.length ? String(end) : '', count: all.length, limit, offset: start },
  };
}

function costOf(cluster: DemoCluster, query: Query): object {
  const time = (key: string): number => Date.parse(String(query?.[key]));
  return costAnswer(cluster, time('startTime'), time('endTime'), Number(query?.['period']));
}

interface FilterBody {
  readonly filter?: {
    readonly profileType?: readonly string[];
    readonly scope?: string;
    readonly profileName?: { readonly eq?: string };
    readonly layer?: readonly string[];
    readonly name?: { readonly contains?: string };
  };
}

function profileFilter(body: unknown): (profile: DemoProfile) => boolean {
  const { profileType, scope, profileName } = (body as FilterBody).filter ?? {};
  return (profile) =>
    (profileType?.includes(profile.type) ?? true) &&
    (scope === undefined || scope === profile.scope) &&
    (profileName?.eq === undefined || profileName.eq === profile.name);
}

function packFilter(body: unknown): (pack: (typeof demoPacks)[number]) => boolean {
  const { layer, name } = (body as FilterBody).filter ?? {};
  const part = name?.contains?.toLowerCase() ?? '';
  return (pack) => (layer?.includes(pack.layer) ?? true) && pack.name.toLowerCase().includes(part);
}

/** Of packs together the demo knows only whether it has them, and that a layer under the add-ons is there once. */
function constraintsOf(body: unknown): object {
  const { packs } = body as { readonly packs: readonly { readonly name?: string; readonly layer?: string }[] };
  const results = packs.map(({ name = '', layer }) => {
    const twice = layer !== undefined && layer !== 'addon' && packs.filter((pack) => pack.layer === layer).length > 1;
    const errors = [
      ...(demoPacks.some((pack) => pack.name === name)
        ? []
        : [{ code: 'PackNotFound', message: `the demo has no pack ${name}` }]),
      ...(twice ? [{ code: 'LayerNotUnique', message: `the layer ${layer} is there more than once` }] : []),
    ];
    return { name, displayName: name, errors };
  });
  return { packs: { results } };
}

function clusterOf(uid: string | undefined): DemoCluster {
  const found = demoClusters.find((cluster) => cluster.uid === uid);
  if (found === undefined) throw notInDemo('cluster');
  return found;
}

function profileOf(uid: string | undefined): DemoProfile {
  const found = demoProfiles.find((profile) => profile.uid === uid);
  if (found === undefined) throw notInDemo('cluster profile');
  return found;
}

function notInDemo(kind: string): ToolError {
  return new ToolError('demo_only', `only the demo fleet is here, and it has no ${kind} with this uid`, {
    steps: [
      'Set palette.api_key to see the real ones.',
      'Or take a uid from palette_list_clusters or palette_list_cluster_profiles.',
    ],
  });
}
