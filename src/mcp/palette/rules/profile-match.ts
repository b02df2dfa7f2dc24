/** A profile of the catalogue, as far as a recommendation looks at it. */
export interface CatalogueProfile {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  /** all: of every cloud. */
  readonly cloud: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string;
  readonly packs: readonly { readonly name: string; readonly words: string }[];
  readonly published: boolean;
  readonly clusters: number;
  readonly deprecatedPacks: number;
}

/** What somebody wants to run. */
export interface Workload {
  readonly text: string;
  readonly cloud: string | null;
  readonly gpu: boolean | null;
  readonly ha: boolean | null;
}

export interface ProfileMatch {
  readonly profile: CatalogueProfile;
  /** 0 to 100. */
  readonly score: number;
  readonly reasons: readonly string[];
  /** What the workload needs, and the profile does not bring. */
  readonly missing: readonly string[];
}

interface Need {
  readonly name: string;
  /** How a workload asks for it. */
  readonly asked: RegExp;
  /** How a pack that brings it is called. */
  readonly brought: RegExp;
}

const gpuNeed: Need = {
  name: 'GPUs',
  asked: /\b(?:gpus?|cuda|nvidia|training|inference|llms?|deep learning|machine learning|pytorch|tensorflow)\b/i,
  brought: /gpu|nvidia|cuda/i,
};
const haNeed: Need = {
  name: 'high availability',
  asked: /\b(?:ha|high availability|highly available|failover|production|mission.critical|zero downtime)\b/i,
  brought: /\b(?:ha|prod|production|metallb|kube-vip|portworx|rook|ceph)\b/i,
};

/** Needs by their words, and by the names, kinds and titles of packs. */
const needs: readonly Need[] = [
  {
    name: 'ingress',
    asked: /\b(?:web|website|https?|ingress|frontend|apis?|public|shop)\b/i,
    brought: /ingress|nginx|traefik|contour|gateway/i,
  },
  {
    name: 'monitoring',
    asked: /\b(?:monitor\w*|metrics?|prometheus|grafana|observab\w*|alert\w*)\b/i,
    brought: /monitor|prometheus|grafana|thanos|observab/i,
  },
  {
    name: 'logging',
    asked: /\b(?:logs?|logging|loki|elastic\w*|splunk)\b/i,
    brought: /logging|loki|fluent|elastic|splunk/i,
  },
  {
    name: 'secrets',
    asked: /\b(?:secrets?|vault|credentials?|encryption|keys?)\b/i,
    brought: /vault|external-secrets|sealed-secrets|secrets? manage/i,
  },
  { name: 'service mesh', asked: /\b(?:mesh|istio|linkerd|mtls|microservices?)\b/i, brought: /istio|linkerd|mesh/i },
  {
    name: 'persistent storage',
    asked: /\b(?:databases?|postgres\w*|mysql|mongo\w*|kafka|redis|stateful|storage|volumes?|persist\w*)\b/i,
    brought: /\bcsi\b|csi-|-csi|ebs|rook|ceph|portworx|longhorn|openebs/i,
  },
  { name: 'backups', asked: /\b(?:backups?|restore|disaster)\b/i, brought: /velero|backup/i },
  {
    name: 'policies',
    asked: /\b(?:polic\w+|complian\w+|pci|hipaa|soc ?2|secur\w+|hardened)\b/i,
    brought: /kyverno|gatekeeper|opa\b|falco|policy|security/i,
  },
  {
    name: 'virtual machines',
    asked: /\b(?:vms?|virtual machines?|kubevirt)\b/i,
    brought: /kubevirt|virtual machine|vmo/i,
  },
];

const points = { cloud: 25, everyCloud: 15, needs: 45, word: 4, words: 16, whole: 8, published: 3, inUse: 3 } as const;
const penalties = { unpublished: 15, deprecated: 10 } as const;
const commonWords = new Set(
  'the and for with that this from run runs our are has have need needs needed should must can will want wants app apps application applications service services cluster clusters kubernetes workload workloads profile new some which'.split(
    ' ',
  ),
);

/**
 * The profiles of a catalogue that fit a workload, the best first; those for another cloud are left out. By words and
 * needs alone: the same catalogue and text give the same order and scores.
 */
export function matchProfiles(catalogue: readonly CatalogueProfile[], workload: Workload): readonly ProfileMatch[] {
  const cloud = workload.cloud?.toLowerCase() ?? null;
  const asked = neededBy(workload);
  const words = wordsOf(workload.text);
  return catalogue
    .filter((profile) => cloud === null || [cloud, 'all'].includes(profile.cloud.toLowerCase()))
    .map((profile) => matched(profile, cloud, asked, words))
    .toSorted(
      (a, b) => b.score - a.score || compare(a.profile.name, b.profile.name) || compare(a.profile.uid, b.profile.uid),
    );
}

/** What is said by an argument holds, whatever the text says. */
function neededBy({ text, gpu, ha }: Workload): readonly Need[] {
  return [
    ...((gpu ?? gpuNeed.asked.test(text)) ? [gpuNeed] : []),
    ...((ha ?? haNeed.asked.test(text)) ? [haNeed] : []),
    ...needs.filter(({ asked }) => asked.test(text)),
  ];
}

function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[a-z0-9][a-z0-9.+-]{2,}/g) ?? [];
  return [...new Set(words.map((word) => word.replace(/[.+-]+$/, '')))].filter(
    (word) => word.length > 2 && !commonWords.has(word),
  );
}

function matched(
  profile: CatalogueProfile,
  cloud: string | null,
  asked: readonly Need[],
  words: readonly string[],
): ProfileMatch {
  const reasons: string[] = [];
  let score = 0;
  const add = (count: number, reason: string): void => {
    score += count;
    reasons.push(reason);
  };
  const isOwn = cloud !== null && profile.cloud.toLowerCase() === cloud;
  if (isOwn) add(points.cloud, `made for ${profile.cloud}`);
  else if (cloud !== null) add(points.everyCloud, 'made for every cloud');
  const { brought, missing } = needsMet(profile, asked);
  if (asked.length > 0) score += (points.needs * brought.length) / asked.length;
  reasons.push(...brought.map(({ need, by }) => `brings ${need} (${by})`));
  const found = words.filter((word) => haystack(profile).includes(word));
  if (found.length > 0)
    add(
      Math.min(points.words, points.word * found.length),
      `its name, labels or packs say ${found.slice(0, 8).join(', ')}`,
    );
  if (profile.type === 'cluster') add(points.whole, 'a whole stack: operating system, Kubernetes, network, storage');
  if (profile.published) score += points.published;
  else add(-penalties.unpublished, 'not published yet');
  if (profile.clusters > 0)
    add(points.inUse, `${profile.clusters} ${profile.clusters === 1 ? 'cluster uses' : 'clusters use'} it`);
  if (profile.deprecatedPacks > 0) add(-penalties.deprecated, `${profile.deprecatedPacks} of its packs are deprecated`);
  return { profile, score: Math.max(0, Math.min(100, Math.round(score))), reasons, missing };
}

function needsMet(profile: CatalogueProfile, asked: readonly Need[]) {
  const brought: { need: string; by: string }[] = [];
  const missing: string[] = [];
  for (const need of asked) {
    const pack = profile.packs.find(({ words }) => need.brought.test(words));
    // That something is highly available is said of a profile, not of a pack of it.
    const by = pack?.name ?? (need === haNeed && need.brought.test(ownWords(profile)) ? 'by its name or labels' : null);
    if (by === null) missing.push(need.name);
    else brought.push({ need: need.name, by });
  }
  return { brought, missing };
}

function ownWords({ name, labels, description }: CatalogueProfile): string {
  return [name, description, ...Object.entries(labels).flat()].join(' ').toLowerCase();
}

function haystack(profile: CatalogueProfile): readonly string[] {
  const text = [ownWords(profile), ...profile.packs.map(({ words }) => words.toLowerCase())].join(' ');
  return text.split(/[^a-z0-9.+]+/);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
