import { Counter, Gauge, type Registry } from 'prom-client';
import path from 'node:path';
import { ConfigError } from '../config/errors.ts';
import { ConfigInputs } from '../config/files/inputs.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import { FileWatch } from '../config/files/file-watch.ts';
import { age, clockTime } from '../lib/format.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem, problem } from '../lib/problem.ts';
import { plural } from '../lib/text.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ConfigApplier } from './apply-config.ts';
import { type ConfigChanges, configChanges, isEmpty, withoutRestart } from './config-changes.ts';
import type { CurrentConfig } from './current-config.ts';
import type { DiscoveredClusters } from './discovered-clusters.ts';
import { configNotTaken, needsRestart, notReloadable } from './errors.ts';
import type { Part } from './process/lifecycle.ts';
import { type PlacedProblem, placed, type ReloadResult } from './reload-result.ts';

/** Who asked: a signal, a change of a file, a request over HTTP; or other clusters were discovered, and no file is read. */
const triggers = ['signal', 'file', 'request', 'discovery'] as const;
export type ReloadTrigger = (typeof triggers)[number];
/** What a reload takes over: the files, or what is discovered beside those that are in use. */
type Subject = 'files' | 'discovery';

export interface ReloaderOptions {
  readonly current: CurrentConfig;
  readonly applier: ConfigApplier;
  /** What is discovered beside the files; nothing when it is not given. */
  readonly discovered?: Pick<DiscoveredClusters, 'base' | 'extend' | 'reconfigured'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Contents are compared this often: a mount of a single file tells nobody of its changes, ms. */
const compareEveryMs = 60_000;

interface Refused {
  /** When the configuration became unusable, ms since the epoch. */
  readonly since: number;
  readonly problems: readonly PlacedProblem[];
}

/**
 * Takes the configuration as it is on disk now: on a signal, on request, and when a file that it was made of changes. One
 * at a time; who asks meanwhile gets the next one, which reads what is there then. What cannot be used changes nothing, and
 * is shown for as long as it is so.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #watch: FileWatch;
  readonly #compare: Every;
  readonly #results: Counter<'trigger' | 'result'>;
  /** What the last attempt read. */
  #read: ConfigInputs;
  /** What could not be taken over for a reason that is not in it. */
  readonly #retries = new Set<Subject>();
  readonly #refused = new Map<Subject, Refused>();
  #restart: readonly string[] = [];
  #takenAt: number;
  #going: Promise<ReloadResult> | null = null;
  #waiting: Promise<ReloadResult> | null = null;
  #waitingTrigger: ReloadTrigger = 'discovery';
  /** The configuration of the files that is in use, without what was discovered. */
  #base: LoadedConfig;
  #stopped = false;
  /** Folders that cannot be watched, each told once. */
  readonly #unwatched = new Set<string>();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    const { clock, current, logger } = options;
    this.#read = current.now.loaded.inputs;
    this.#base = options.discovered?.base ?? current.now.loaded;
    this.#takenAt = clock.now();
    this.#watch = new FileWatch({
      clock,
      onEvent: () => void this.#look(),
      failed: (folder, error) => {
        if (this.#unwatched.has(folder)) return;
        this.#unwatched.add(folder);
        const fields = { folder, err: errorText(error), every: compareEveryMs / 1000 };
        logger.warn(fields, 'a folder of the configuration cannot be watched: contents are compared instead');
      },
    });
    const failed = (error: unknown): void => logger.warn({ err: errorText(error) }, 'configuration not looked at');
    this.#compare = every({ clock, intervalMs: compareEveryMs, failed }, () => this.#look());
    this.#results = this.#metrics(options.registry);
  }

  start(): void {
    this.#compare.start();
    this.#watchFiles();
  }

  /** No further reload; resolves when the one that goes on has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch.close();
    await this.#compare.stop();
    await this.#waiting;
    await this.#going;
  }

  /** Reads and takes over the configuration. Never rejects. */
  reload(trigger: ReloadTrigger): Promise<ReloadResult> {
    if (this.#waiting !== null) {
      // Who wants the files read gets that, whoever came first.
      if (trigger !== 'discovery') this.#waitingTrigger = trigger;
      return this.#waiting;
    }
    if (this.#going === null) return this.#begin(trigger);
    this.#waitingTrigger = trigger;
    this.#waiting = this.#going.then(() => {
      this.#waiting = null;
      return this.#begin(this.#waitingTrigger);
    });
    return this.#waiting;
  }

  /** What a person has to know of the configuration on disk. */
  problems(): Problem[] {
    const found = [...this.#refused].map(([subject, refused]) => this.#refusal(subject, refused));
    if (this.#restart.length > 0) {
      const keys = this.#restart.join(', ');
      found.push(
        problem(needsRestart, `${keys} changed in the configuration: ${needsRestart.title.toLowerCase()}`, { keys }),
      );
    }
    return found;
  }

  #begin(trigger: ReloadTrigger): Promise<ReloadResult> {
    this.#going = this.#reload(trigger).finally(() => {
      this.#going = null;
    });
    return this.#going;
  }

  /** Tries again what failed, and compares what is on disk with what was read last. */
  async #look(): Promise<void> {
    if (this.#stopped) return;
    await this.#options.applier.storeSettings();
    const { watch } = this.#options.current.now.config.reload;
    const isDue = this.#retries.has('files') || (watch && !(await this.#read.isCurrent()));
    if (isDue) await this.reload('file');
    if (this.#retries.has('discovery')) await this.reload('discovery');
    this.#watchFiles();
  }

  async #reload(trigger: ReloadTrigger): Promise<ReloadResult> {
    const { current, applier, discovered } = this.#options;
    const subject = subjectOf(trigger);
    const again = subject === 'discovery' ? () => this.#base : current.now.loaded.again;
    if (again === null || this.#stopped) {
      const message = this.#stopped ? 'the daemon stops' : notReloadable.title;
      const refused = problem(notReloadable, message);
      return { kind: 'refused', problem: refused, problems: [refused] };
    }
    const inputs = new ConfigInputs();
    if (subject === 'files') this.#read = inputs;
    this.#retries.delete(subject);
    try {
      const read = again(inputs);
      const { loaded, keys } = withoutRestart(current.now.loaded, discovered?.extend(read) ?? read);
      const next = current.with(loaded);
      const changes = configChanges(current.now, next, keys);
      if (!isEmpty(changes)) await applier.apply(next, changes);
      this.#base = read;
      this.#taken(trigger, changes);
      return { kind: 'done', changes, warnings: loaded.warnings };
    } catch (error) {
      if (!(error instanceof ConfigError)) this.#retries.add(subject);
      return this.#notTaken(trigger, error);
    } finally {
      this.#watchFiles();
    }
  }

  #taken(trigger: ReloadTrigger, changes: ConfigChanges): void {
    const { clock, logger } = this.#options;
    this.#refused.delete('discovery');
    if (subjectOf(trigger) === 'files') {
      // With what is discovered.
      this.#retries.clear();
      this.#takenAt = clock.now();
      this.#refused.clear();
      this.#restart = changes.needsRestart;
      this.#read = this.#options.current.now.loaded.inputs;
      this.#options.discovered?.reconfigured();
    }
    this.#results.inc({ trigger, result: 'ok' });
    const { clusters, settings } = changes;
    const counts = Object.fromEntries(Object.entries(clusters).map(([what, names]) => [what, shown(names)]));
    const fields = { trigger, ...counts, settings: shown(settings), needs_restart: changes.needsRestart };
    if (isEmpty(changes) && changes.needsRestart.length === 0)
      logger.info({ trigger }, 'the configuration is as it was');
    else logger.info(fields, 'the configuration was reloaded');
  }

  #notTaken(trigger: ReloadTrigger, error: unknown): ReloadResult {
    const { clock, logger } = this.#options;
    const problems =
      error instanceof ConfigError
        ? error.problems
        : [problem({ ...configNotTaken, fix: 'See the log of the daemon; it is tried again.' }, errorText(error))];
    const subject = subjectOf(trigger);
    const before = this.#refused.get(subject);
    const told = JSON.stringify(before?.problems.map(({ message }) => message));
    const refused = { since: before?.since ?? clock.now(), problems };
    this.#refused.set(subject, refused);
    this.#results.inc({ trigger, result: 'refused' });
    const refusal = this.#refusal(subject, refused);
    // The same again (an unusable store, tried each minute) is told once.
    if (told !== JSON.stringify(problems.map(({ message }) => message)))
      logger.error({ trigger, ...refusal, problems: problems.length }, 'the configuration was not taken over');
    return { kind: 'refused', problem: refusal, problems };
  }

  #refusal(subject: Subject, { since, problems }: Refused): Problem {
    const now = this.#options.clock.now();
    const [first] = problems;
    const more = problems.length > 1 ? `, and ${plural(problems.length - 1, 'more problem')}` : '';
    const file = path.basename(this.#options.current.now.loaded.file ?? 'the configuration');
    const message =
      `${subject === 'files' ? file : 'what was discovered'} cannot be used for ${age(since, now)} now (since ${clockTime(since)}): ${placed(first)}${more}; ` +
      `the daemon goes on with what it read ${age(this.#takenAt, now)} ago`;
    return problem(configNotTaken, message, { fix: first?.fix ?? 'run "nightcrier validate"' });
  }

  #watchFiles(): void {
    const { loaded, config } = this.#options.current.now;
    if (this.#stopped || loaded.again === null || !config.reload.watch) return this.#watch.use([], []);
    const files = new Set([...loaded.inputs.files, ...this.#read.files]);
    const patterns = new Set([...loaded.inputs.patterns, ...this.#read.patterns]);
    this.#watch.use(files, [...patterns].map(fixedPart));
  }

  #metrics(registry: Registry): Counter<'trigger' | 'result'> {
    const registers = [registry];
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        name: `nightcrier_config_${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge('last_reload_successful', 'Whether the configuration on disk, as last read, could be used.', () =>
      this.#refused.size === 0 ? 1 : 0,
    );
    gauge(
      'last_reload_success_timestamp_seconds',
      'When a configuration was last taken over.',
      () => this.#takenAt / 1000,
    );
    gauge('hash', 'Of everything that the configuration in use was made of: the same for the same content.', () =>
      Number.parseInt(this.#options.current.now.loaded.inputs.hash.slice(0, 12), 16),
    );
    const results = new Counter({
      name: 'nightcrier_config_reloads_total',
      help: 'Reloads of the configuration, by who asked and how they ended.',
      labelNames: ['trigger', 'result'] as const,
      registers,
    });
    for (const trigger of triggers) for (const result of ['ok', 'refused']) results.inc({ trigger, result }, 0);
    return results;
  }
}

function subjectOf(trigger: ReloadTrigger): Subject {
  return trigger === 'discovery' ? 'discovery' : 'files';
}

/** Names for a line of the log. */
function shown(names: readonly string[]): string | number {
  return names.length > 10 ? names.length : names.join(', ');
}

/** The folder that the fixed beginning of a pattern names. */
function fixedPart(pattern: string): string {
  const parts = pattern.split(path.sep);
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  return parts.slice(0, wild === -1 ? -1 : wild).join(path.sep) || path.sep;
}

/** What runs of it: stopped before everything that it changes. */
export function reloadParts(reloader: Reloader, discovered: DiscoveredClusters): Part[] {
  const onChange = (): Promise<ReloadResult> => reloader.reload('discovery');
  return [
    { name: 'reload', start: () => reloader.start(), stop: () => reloader.stop() },
    { name: 'discovery', start: () => discovered.start(onChange), stop: () => discovered.stop() },
  ];
}
