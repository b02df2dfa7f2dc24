import type { SweepReport } from '../../domain/state-store.ts';
import { type ClusterReader, ReadError } from '../../kube/cluster-reader.ts';
import { plural } from '../../lib/text.ts';

type Observations = SweepReport['observations'];

/** So many faults that are gone at once, and more than half of all, may also mean that another cluster answers. */
const manyGone = 5;
/** When nothing proves that it is the same cluster, a loss counts after it was seen for so long, ms, and so often. */
const believedAfterMs = 10 * 60_000;
const believedAfterSweeps = 3;

/**
 * Doubts that most faults of a cluster are gone at once until it is sure that the same cluster answers: the uid of its
 * namespace kube-system is a cluster's identity. One for each cluster.
 */
export class LossWatch {
  /** The uid of kube-system, null when it could not be read yet. */
  #identity: string | null = null;
  #since: number | null = null;
  #sweeps = 0;

  /** `now`: ms of the monotonic clock. What is in doubt becomes `unknown`, and `doubt` says so. */
  async confirm(
    reader: Pick<ClusterReader, 'get'>,
    seen: Observations,
    now: number,
    signal: AbortSignal,
  ): Promise<{ readonly observations: Observations; readonly doubt: string | null }> {
    const gone = seen.filter(({ observation }) => observation === 'absent').length;
    // A fault that was told without a uid may seem well because another object has its name.
    const over = gone + seen.filter(({ observation }) => observation === 'healthy').length;
    const many = gone >= manyGone && gone > seen.length / 2;
    if (over === 0 && (this.#identity !== null || seen.length === 0)) return this.#trusted(seen);
    const before = this.#identity;
    const answers = over > 0 || before === null ? await identityOf(reader, signal) : before;
    const same = before !== null && answers === before;
    const other = before !== null && answers !== null && answers !== before;
    if (same || (!many && !other)) {
      this.#identity ??= answers;
      return this.#trusted(seen);
    }
    this.#since ??= now;
    this.#sweeps += 1;
    if (now - this.#since >= believedAfterMs && this.#sweeps >= believedAfterSweeps) {
      this.#identity = answers;
      return this.#trusted(seen);
    }
    const doubt = doubtText(other ? over : gone, seen.length, other);
    return { observations: seen.map((one) => doubted(one, other)), doubt };
  }

  #trusted(observations: Observations): { observations: Observations; doubt: null } {
    this.#since = null;
    this.#sweeps = 0;
    return { observations, doubt: null };
  }
}

function doubted(one: Observations[number], other: boolean): Observations[number] {
  const isOver = one.observation === 'absent' || (other && one.observation === 'healthy');
  return isOver ? { ...one, observation: 'unknown' } : one;
}

function doubtText(over: number, all: number, other: boolean): string {
  const why = other ? 'another cluster answers (kube-system has another uid)' : 'its identity cannot be read';
  return `${over} of ${plural(all, 'fault')} are gone at once and ${why}: they count as active until that lasts`;
}

/** The uid of a cluster's namespace kube-system; null when it cannot be read. */
async function identityOf(reader: Pick<ClusterReader, 'get'>, signal: AbortSignal): Promise<string | null> {
  try {
    const namespace = await reader.get('v1', 'Namespace', null, 'kube-system', signal);
    return namespace?.metadata.uid ?? null;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) return null;
    throw error;
  }
}
