import { Gauge, type Registry } from 'prom-client';
import type { ApiAccess } from '../kube/credential/api-access.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem, problem } from '../lib/problem.ts';
import { oneLine, plural } from '../lib/text.ts';
import { type Looked, WorkLoop } from '../lib/work-loop.ts';
import { type DiscoveredCluster, type DiscoverySource, originKey, sourceKey } from './config.ts';
import { DiscoveredFiles } from './discovered-files.ts';
import { discoveryProblems } from './errors.ts';
import { listSecrets } from './list-secrets.ts';
import { readSecret, type Secret } from './secret-kubeconfig.ts';
import { believedAfterMs } from './secret-loss.ts';
import { type KnownSource, KnownSources } from './known-sources.ts';

export interface DiscoveryOptions {
  /** As they are configured now. */
  readonly sources: () => readonly DiscoverySource[];
  /** Absolute; kubeconfigs are kept below it. */
  readonly dataDir: string;
  /** @throws ProblemError when the kubeconfig of a management cluster cannot be used */
  readonly open: (kubeconfig: string, context: string | null) => Promise<ApiAccess>;
  /** Kubeconfigs that something still works with. */
  readonly inUse: () => Iterable<string>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/**
 * Finds clusters in the Secrets of management clusters (CFG-8). A source that cannot be asked, or not wholly, removes
 * nothing; what is gone `SecretLoss` says. What was found is on disk, so that a restart begins with it.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #files: DiscoveredFiles;
  readonly #sources = new KnownSources();
  readonly #stopping = new AbortController();
  readonly #loop: WorkLoop;
  #onChange: () => Promise<unknown> = () => Promise.resolve();
  /** Of each problem, said once. */
  readonly #told = new Set<string>();
  /** Why it is not known what an earlier process found; null when it is. */
  #lost: string | null;
  /** What was found is not taken over yet. */
  #isChanged = false;

  constructor(options: DiscoveryOptions) {
    const { clock, logger, dataDir, registry } = options;
    this.#options = options;
    this.#files = new DiscoveredFiles(dataDir);
    const { clusters, lost } = this.#files.recall();
    this.#lost = lost;
    for (const problem of this.#listProblems()) logger.warn({ ...problem }, 'discovery of clusters');
    for (const cluster of clusters) {
      this.#sources.of(cluster.source).clusters.set(keyOf(cluster.namespace, cluster.secret), cluster);
    }
    this.#loop = new WorkLoop({
      clock,
      look: () => this.#askDue(),
      retry: { initialMs: 5000, maxMs: 60_000 },
      failed: (error) => logger.error({ err: errorText(error) }, 'discovered clusters could not be written down'),
    });
    registerDiscoveryMetrics(registry, this);
  }

  /**
   * `onChange`: the clusters are others, or their kubeconfigs are; resolves when that has been taken over as far as it
   * can be.
   */
  start(onChange: () => Promise<unknown>): void {
    this.#onChange = onChange;
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('discovery stops'));
    await this.#loop.stop();
  }

  /** The sources may be others now. */
  reconfigured(): void {
    this.#loop.wake();
  }

  /** What was found in sources, those that are configured by default; oldest Secrets first within each. */
  clusters(sources: readonly DiscoverySource[] = this.#options.sources()): readonly DiscoveredCluster[] {
    this.#sources.inherit(sources);
    return sources.flatMap((source) => {
      const found = [...(this.#sources.get(sourceKey(source))?.clusters.values() ?? [])];
      return found.filter((cluster) => this.#isAllowed(source, cluster));
    });
  }

  /** Commands that were allowed before run no more when they are not allowed now. */
  #isAllowed(source: DiscoverySource, { kubeconfig }: DiscoveredCluster): boolean {
    return source.allow_exec || !this.#files.runsCommand(kubeconfig);
  }

  problems(): readonly Problem[] {
    const ofSources = this.#options.sources().map((source) => this.#sources.get(sourceKey(source))?.problems ?? []);
    return [...this.#listProblems(), ...ofSources.flat()];
  }

  /** Whether a cluster that is not among these is none: not while it is unknown what an earlier process found. */
  isWhole(): boolean {
    return this.#lost === null || this.#haveAnswered();
  }

  #haveAnswered(): boolean {
    return this.#options.sources().every((source) => this.#sources.get(sourceKey(source))?.hasAnswered === true);
  }

  #listProblems(): Problem[] {
    if (this.#lost === null) return [];
    const text = `the list of discovered clusters cannot be read, so nothing of them is closed until all sources have answered: ${this.#lost}`;
    return [problem(discoveryProblems.listLost, text)];
  }

  async #askDue(): Promise<Looked> {
    const { clock, sources } = this.#options;
    const now = clock.monotonic();
    const configured = sources();
    this.#sources.inherit(configured);
    if (this.#sources.forgetOthers(configured)) this.#isChanged = true;
    for (const source of configured) this.#dropCommands(source);
    const due = configured.filter((source) => this.#sources.of(sourceKey(source)).dueAt <= now);
    const asked = await Promise.all(due.map((source) => this.#ask(source)));
    if (this.#stopping.signal.aborted) return { againMs: null };
    if (asked.includes(true)) this.#isChanged = true;
    this.#remember();
    if (this.#isChanged) await this.#onChange();
    this.#isChanged = false;
    if (this.#haveAnswered()) {
      const kept = [...this.clusters().map(({ kubeconfig }) => kubeconfig), ...this.#options.inUse()];
      this.#files.keepOnly(new Set(kept));
    }
    const next = configured.map((source) => this.#sources.of(sourceKey(source)).dueAt - clock.monotonic());
    return { againMs: next.length === 0 ? null : Math.max(1, Math.min(...next)) };
  }

  #dropCommands(source: DiscoverySource): void {
    const { clusters } = this.#sources.of(sourceKey(source));
    for (const [key, cluster] of clusters) {
      if (!this.#isAllowed(source, cluster)) this.#isChanged = clusters.delete(key);
    }
  }

  /** A list that cannot be read stands until there is one as good. @throws Error when it cannot be written */
  #remember(): void {
    if (!this.isWhole() || (!this.#isChanged && this.#lost === null)) return;
    this.#files.remember(this.clusters());
    this.#lost = null;
  }

  /** Whether anything is different. Never rejects for what a management cluster does. */
  async #ask(source: DiscoverySource): Promise<boolean> {
    const { open, clock } = this.#options;
    const known = this.#sources.of(sourceKey(source));
    try {
      const access = await open(source.kubeconfig, source.context ?? null);
      const secrets = await listSecrets(access, source, this.#stopping.signal);
      return await this.#take(source, known, secrets);
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      known.loss.interrupt();
      const shown = nameOf(source);
      const text = `${shown} cannot be asked for clusters: ${oneLine(errorText(error), 300)}`;
      this.#tell(known, [problem(discoveryProblems.unreadable, text, { source: shown })]);
      return false;
    } finally {
      known.dueAt = clock.monotonic() + source.refresh;
    }
  }

  /** Takes over a whole list. Rejects when a kubeconfig cannot be written. */
  async #take(source: DiscoverySource, known: KnownSource, secrets: readonly Secret[]): Promise<boolean> {
    let changed = false;
    const seen = new Set<string>();
    const taken: [key: string, cluster: DiscoveredCluster][] = [];
    const problems: Problem[] = [];
    for (const secret of secrets) {
      const { name, namespace } = secret.metadata;
      const key = keyOf(namespace, name);
      const found = readSecret(secret, source);
      if (found === null) continue;
      seen.add(key);
      if (found.kind !== 'cluster') {
        const kind = found.kind === 'exec' ? discoveryProblems.execRefused : discoveryProblems.unusable;
        problems.push(problem(kind, `Secret ${key} of ${nameOf(source)}: ${found.detail}`, { secret: key }));
        continue;
      }
      const file = this.#files.fileOf(originKey(source), namespace, name);
      const labels = secret.metadata.labels ?? {};
      const cluster = {
        source: sourceKey(source),
        name: found.name,
        namespace,
        secret: name,
        labels,
        kubeconfig: file,
      };
      if (await this.#files.write(file, found.kubeconfig)) this.#isChanged = true;
      taken.push([key, cluster]);
    }
    const before = [...known.clusters.keys()];
    // All at once, because others look while files are written.
    for (const [key, cluster] of taken) {
      if (JSON.stringify(known.clusters.get(key)) === JSON.stringify(cluster)) continue;
      known.clusters.set(key, cluster);
      changed = true;
    }
    known.hasAnswered = true;
    const { gone, doubted } = known.loss.judge(before, seen, this.#options.clock.monotonic());
    for (const key of gone) known.clusters.delete(key);
    if (doubted > 0) problems.push(mostGone(source, doubted));
    this.#tell(known, problems);
    return gone.length > 0 || changed;
  }

  #tell(known: KnownSource, problems: readonly Problem[]): void {
    for (const { message } of known.problems) {
      if (!problems.some((one) => one.message === message)) this.#told.delete(message);
    }
    known.problems = problems;
    for (const one of problems) {
      if (this.#told.has(one.message)) continue;
      this.#told.add(one.message);
      this.#options.logger.warn({ ...one }, 'discovery of clusters');
    }
  }
}

function registerDiscoveryMetrics(registry: Registry, discovery: Discovery): void {
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name: `nightcrier_discovery_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('clusters', 'Clusters that were found in Secrets of management clusters.', () => discovery.clusters().length);
  gauge(
    'problems',
    'Sources that cannot be asked, and Secrets that cannot be used.',
    () => discovery.problems().length,
  );
}

function mostGone(source: DiscoverySource, doubted: number): Problem {
  const shown = nameOf(source);
  const text = `${plural(doubted, 'cluster')} of ${shown} without a Secret, most of them at once: they stay until that has lasted for ${believedAfterMs / 60_000} minutes`;
  return problem(discoveryProblems.mostGone, text, { source: shown });
}

function keyOf(namespace: string, secret: string): string {
  return `${namespace}/${secret}`;
}

/** How a source is called in messages. */
function nameOf({ kubeconfig, context }: DiscoverySource): string {
  return context === undefined ? kubeconfig : `${kubeconfig} (context ${context})`;
}
