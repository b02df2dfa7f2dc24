import { shellWord } from '../lib/process/command-line.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process. The only place that reads it; everything else takes it as a parameter. */
export function processEnvironment(): Environment {
  return process.env;
}

/** What is set of an environment, in the form that commands are started with. */
export function setVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/**
 * How whoever started this process by npm calls a command of ours again; `nightcrier` when npm had no part in it. `config`:
 * the file that was given with `--config`, which the next command has to be given too.
 */
export function ownCommand(env: Environment, config?: string): string {
  const event = env['npm_lifecycle_event'];
  const byNpm = event === 'npx' ? 'npx nightcrier' : 'npm run nightcrier --';
  const own = event === undefined ? 'nightcrier' : byNpm;
  return config === undefined ? own : `${own} --config ${shellWord(config)}`;
}

/** Commands that read no configuration, or write one. */
const withoutConfig = new Set(['demo', 'explain', 'init', 'kubeconfig', 'slack']);

/** Text for whoever started this process, its commands of ours as they can be typed there: `fix: nightcrier init`. */
export function inOwnWords(text: string, env: Environment, config?: string): string {
  // A command stands at the beginning of a line, in quotes, or after a colon; elsewhere the program is spoken of.
  return text.replace(/(^\s*|["`]|: )nightcrier ([a-z]+)/gm, (_, before: string, command: string) => {
    return `${before}${ownCommand(env, withoutConfig.has(command) ? undefined : config)} ${command}`;
  });
}
