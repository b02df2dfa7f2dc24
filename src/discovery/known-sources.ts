import { z } from 'zod';
import type { Problem } from '../lib/problem.ts';
import { type DiscoveredCluster, type DiscoverySource, sourceKey } from './config.ts';
import { SecretLoss } from './secret-loss.ts';

/** What is known of one source. */
export interface KnownSource {
  readonly clusters: Map<string, DiscoveredCluster>;
  readonly loss: SecretLoss;
  /** Its clusters are those of a source that was described otherwise, until it gives a list of its own. */
  isHeir: boolean;
  /** It belongs to a configuration that is about to hold, and may never. */
  isTried: boolean;
  problems: readonly Problem[];
  /** It has given a whole list to this process. */
  hasAnswered: boolean;
  /** When it is asked next, by the monotonic clock. */
  dueAt: number;
}

/** What is known of sources, by their keys: of those that are configured, and of those that may be next. */
export class KnownSources {
  readonly #known = new Map<string, KnownSource>();

  /** Null: nothing is known of it. */
  get(key: string): KnownSource | null {
    return this.#known.get(key) ?? null;
  }

  /** With nothing in it when it is new. */
  of(key: string): KnownSource {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const source: KnownSource = {
      clusters: new Map(),
      loss: new SecretLoss(),
      isHeir: false,
      isTried: false,
      problems: [],
      hasAnswered: false,
      dueAt: 0,
    };
    this.#known.set(key, source);
    return source;
  }

  /**
   * A source that is described otherwise now begins with what it had: its clusters do not go and come back for another
   * selector. They are copied, because the configuration may not be taken over.
   */
  inherit(sources: readonly DiscoverySource[]): void {
    const keys = new Set(sources.map(sourceKey));
    const heirs = sources.filter((source) => {
      const known = this.get(sourceKey(source));
      return known === null || (known.isHeir && !known.hasAnswered);
    });
    if (heirs.length === 0) return;
    const formers = [...this.#known].filter(([key, known]) => !keys.has(key) && !known.isTried);
    for (const [key, { clusters }] of formers) {
      const heir = clusters.size === 0 ? null : heirOf(key, heirs);
      if (heir === null) continue;
      const known = this.of(sourceKey(heir));
      if (!known.isHeir) known.isTried = true;
      known.isHeir = true;
      for (const [secret, cluster] of clusters) known.clusters.set(secret, { ...cluster, source: sourceKey(heir) });
    }
  }

  /** These hold; of sources that are not configured nothing is kept. True when clusters were known of one. */
  forgetOthers(configured: readonly DiscoverySource[]): boolean {
    const keys = new Set(configured.map(sourceKey));
    const others = [...this.#known].filter(([key]) => !keys.has(key));
    for (const [key] of others) this.#known.delete(key);
    for (const known of this.#known.values()) known.isTried = false;
    return others.some(([, { clusters }]) => clusters.size > 0);
  }
}

/** The source of some that most likely is another one described anew: of the same kubeconfig, and as much else as can be. */
function heirOf(key: string, sources: readonly DiscoverySource[]): DiscoverySource | null {
  const parts = z.array(z.unknown()).parse(JSON.parse(key));
  const likeness = (source: DiscoverySource): number =>
    z
      .array(z.unknown())
      .parse(JSON.parse(sourceKey(source)))
      .filter((part, index) => part === parts[index]).length;
  const [heir] = sources
    .filter(({ kubeconfig }) => kubeconfig === parts[0])
    .sort((one, other) => likeness(other) - likeness(one));
  return heir ?? null;
}
