import { type Family, type OwnerRef, compareSeverity } from '../../../domain/fault.ts';
import { familyIn, joinsAnyFamily } from '../../../domain/fault-types.ts';
import { objectKey } from '../../../domain/incident.ts';
import { type ClusterReader, type KubeObject, ReadError } from '../../../kube/cluster-reader.ts';
import type { Finding } from '../../../kube/detect/finding.ts';
import { OwnerLookup } from '../../../kube/owner.ts';
import type { Surroundings } from '../read/surroundings.ts';

/** Everything that stands for one root owner. */
export interface OwnedFaults {
  readonly owner: OwnerRef;
  /** The most telling first: a cause before what follows from it, then the most severe, then the oldest. */
  readonly findings: readonly [Finding, ...Finding[]];
  readonly severity: Finding['severity'];
  readonly family: Family;
}

/** Objects that are read to find owners: of the rest the names tell. */
const maxReads = 300;

/** Findings by their root owners, the worst first. Equal findings give equal groups in an equal order. */
export async function byOwner(
  findings: readonly Finding[],
  surroundings: Surroundings,
  reader: ClusterReader,
  signal: AbortSignal,
): Promise<OwnedFaults[]> {
  const owners = new OwnerLookup(new KnownFirst(surroundings, reader), { timeoutMs: 30_000, cacheSize: 20_000 });
  const groups = new Map<string, { owner: OwnerRef; findings: Finding[] }>();
  for (const finding of findings) {
    const { owner } = await owners.find(finding.resource, signal);
    signal.throwIfAborted();
    const group = groups.get(objectKey(owner)) ?? { owner, findings: [] };
    groups.set(objectKey(owner), group);
    group.findings.push(finding);
  }
  return [...groups.values()].map(ownedOf).toSorted(worstFirst);
}

function ownedOf({ owner, findings }: { owner: OwnerRef; findings: readonly Finding[] }): OwnedFaults {
  const sorted = findings.toSorted(mostTellingFirst) as [Finding, ...Finding[]];
  const [worst] = findings.toSorted((a, b) => compareSeverity(b.severity, a.severity)) as [Finding];
  const [first] = sorted;
  return {
    owner,
    findings: sorted,
    severity: worst.severity,
    family: familyIn({ family: first.family, faultType: first.type }, owner),
  };
}

function mostTellingFirst(a: Finding, b: Finding): number {
  const follows = Number(joinsAnyFamily(a.type)) - Number(joinsAnyFamily(b.type));
  const age = (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER);
  return follows || compareSeverity(b.severity, a.severity) || age || byText(textOf(a), textOf(b));
}

function worstFirst(a: OwnedFaults, b: OwnedFaults): number {
  const severity = compareSeverity(b.severity, a.severity);
  return severity || b.findings.length - a.findings.length || byText(objectKey(a.owner), objectKey(b.owner));
}

function textOf({ resource, type, container, part }: Finding): string {
  return [objectKey(resource), type, container, part].join(' ');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Reads what is not known already, so many times. */
class KnownFirst implements ClusterReader {
  readonly #surroundings: Surroundings;
  readonly #reader: ClusterReader;
  #reads = 0;

  constructor(surroundings: Surroundings, reader: ClusterReader) {
    this.#surroundings = surroundings;
    this.#reader = reader;
  }

  async get(...asked: Parameters<ClusterReader['get']>): Promise<KubeObject | null> {
    const [, kind, namespace, name] = asked;
    const known = this.#surroundings.find(kind, namespace, name);
    if (known !== null) return known;
    // A zone is read of it alone, which nothing here asks for.
    if (kind === 'Node') return null;
    this.#reads += 1;
    if (this.#reads > maxReads) throw new ReadError('too_large', `more than ${maxReads} owners would have to be read`);
    return this.#reader.get(...asked);
  }

  list(...asked: Parameters<ClusterReader['list']>): ReturnType<ClusterReader['list']> {
    return this.#reader.list(...asked);
  }

  logs(...asked: Parameters<ClusterReader['logs']>): ReturnType<ClusterReader['logs']> {
    return this.#reader.logs(...asked);
  }
}
