import { type SharedSign, type SignName, signNames, type Signs } from '../fault.ts';

/** What a sign says of its members: what broke, where it broke, or only how it looks. */
const meaning: Readonly<Record<SignName, 'cause' | 'place' | 'look'>> = {
  webhook: 'cause',
  node: 'cause',
  image: 'cause',
  dns: 'cause',
  registry: 'cause',
  zone: 'place',
  namespace: 'place',
  fault_type: 'look',
};

/** Fewer share nothing that could be called common. */
const minShared = 3;
/** What a part of the members shares is common from here on. */
const minShare = 0.5;
/** A more telling sign wins over one that so much more of the members share. */
const nearlyAsMany = 0.8;

/**
 * Whether the cluster is known to have another value of a sign: only then is it no accident that members share this one
 * (a cluster with one node has all its faults there).
 */
export type HasOthers = (sign: SignName, value: string) => boolean;

export interface Commonality {
  /** What most of them share and what therefore names the storm; null when nothing does. */
  readonly common: SharedSign | null;
  /** Whatever is shared by half of them or more, the most shared first. */
  readonly shared: readonly SharedSign[];
}

/**
 * What members of a storm have in common, with how many of how many. An error that names an image, a registry, a webhook
 * or a host, and a node that is itself at fault, tell by themselves; a node, zone or namespace only where there are others.
 */
export function commonality(members: readonly MemberSigns[], hasOthers: HasOthers): Commonality {
  const of = members.length;
  const shared = signNames
    .flatMap((sign): SharedSign[] => {
      const [value, count] = mostFrequent(members.map(({ signs }) => signs[sign])) ?? ['', 0];
      return count >= minShared && count / of >= minShare ? [{ sign, value, count, of }] : [];
    })
    .sort((a, b) => b.count - a.count);
  const telling = shared.filter((candidate) => tells(candidate, members, hasOthers));
  const most = Math.max(0, ...telling.map(({ count }) => count));
  const common = signNames
    .map((sign) => telling.find((candidate) => candidate.sign === sign && candidate.count >= most * nearlyAsMany))
    .find((candidate) => candidate !== undefined);
  return { common: common ?? null, shared };
}

interface MemberSigns {
  readonly signs: Signs;
  readonly resource: { readonly kind: string; readonly name: string };
}

function tells({ sign, value, count, of }: SharedSign, members: readonly MemberSigns[], hasOthers: HasOthers): boolean {
  if (sign === 'fault_type' || sign === 'node' || meaning[sign] === 'place') {
    if (sign === 'node' && members.some(({ resource }) => resource.kind === 'Node' && resource.name === value))
      return true;
    const elsewhere = members.some(({ signs }) => signs[sign] !== null && signs[sign] !== value);
    return (elsewhere && count < of) || hasOthers(sign, value);
  }
  return true;
}

/** The value that comes most often, and how often; of two the one that came first. */
function mostFrequent(values: readonly (string | null)[]): [string, number] | null {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: [string, number] | null = null;
  for (const entry of counts) if (best === null || entry[1] > best[1]) best = entry;
  return best;
}

/**
 * Whether what members share explains a fault that stands after the storm or comes then: the same thing is broken. The
 * same place, or how it looks, explains nothing.
 */
export function explains(cause: SharedSign | null, signs: Signs): boolean {
  return cause !== null && meaning[cause.sign] === 'cause' && signs[cause.sign] === cause.value;
}
