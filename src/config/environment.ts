export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process. The only place that reads it; everything else takes it as a parameter. */
export function processEnvironment(): Environment {
  return process.env;
}

/** What is set of an environment, in the form that commands are started with. */
export function setVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** How whoever started this process by npm calls a command of ours again; `nightcrier` when npm had no part in it. */
export function ownCommand(env: Environment): string {
  const event = env['npm_lifecycle_event'];
  if (event === undefined) return 'nightcrier';
  return event === 'npx' ? 'npx nightcrier' : 'npm run nightcrier --';
}

/** Text for whoever started this process, its commands of ours as they can be typed there: `fix: nightcrier init`. */
export function inOwnWords(text: string, env: Environment): string {
  const own = ownCommand(env);
  // A command stands at the beginning of a line, in quotes, or after a colon; elsewhere the program is spoken of.
  return text.replace(/(^\s*|["`]|: )nightcrier (?=[a-z])/gm, (_, before: string) => `${before}${own} `);
}
