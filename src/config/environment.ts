export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process. The only place that reads it; everything else takes it as a parameter. */
export function processEnvironment(): Environment {
  return process.env;
}
