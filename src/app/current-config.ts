import type { QuestionSettings } from '../analyst/questions/create-answerer.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { TriageSettings } from '../triage/pipeline.ts';
import { configuredFleet, type Fleet, questionSettings, triageSettings } from './settings.ts';

/** A configuration with what is worked out from it once. */
export interface Current {
  readonly loaded: LoadedConfig;
  readonly config: Config;
  readonly fleet: Fleet;
  readonly triage: TriageSettings;
  readonly questions: QuestionSettings;
  /** Values that must never be told: those of now, and those that were secret before. */
  readonly secrets: readonly string[];
}

/** Values that are not configured any more are kept secret as long as no more than so many are newer. */
const maxRetired = 500;

/**
 * The configuration that holds now. Parts ask it at each decision (`() => current.now.fleet`), so that a reload is one
 * change for all of them; what has to be done besides is in `apply-config.ts`.
 */
export class CurrentConfig {
  #now: Current;
  #retired: readonly string[] = [];

  constructor(loaded: LoadedConfig) {
    this.#now = currentOf(loaded, loaded.secrets);
  }

  get now(): Current {
    return this.#now;
  }

  /** What would hold with another configuration; nothing changes. */
  with(loaded: LoadedConfig): Current {
    const gone = this.#now.loaded.secrets.filter((secret) => !loaded.secrets.includes(secret));
    const retired = [...new Set([...gone, ...this.#retired])].slice(0, maxRetired);
    return currentOf(loaded, [...new Set([...loaded.secrets, ...retired])]);
  }

  /** From now on this holds. */
  replace(next: Current): void {
    this.#now = next;
    this.#retired = next.secrets.slice(next.loaded.secrets.length);
  }
}

function currentOf(loaded: LoadedConfig, secrets: readonly string[]): Current {
  const { config } = loaded;
  const fleet = configuredFleet(config);
  const configured = { ...loaded, secrets };
  const [triage, questions] = [triageSettings(configured, fleet), questionSettings(configured, fleet)];
  return { loaded, config, fleet, secrets, triage, questions };
}
