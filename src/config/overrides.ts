import { type ConfigPath, type ConfigTree, valueAt } from './config-tree.ts';
import type { Environment } from './environment.ts';
import { unknownOverride } from './errors.ts';
import { readScalar } from './files/references.ts';
import { nearest } from './schema-problems.ts';
import { isText, rootShape, type Shape } from './schema-shape.ts';

const prefix = 'NIGHTCRIER_';

/** Where systemd made room for the state (`StateDirectory=`): paths with colons between them. */
const stateDirectory = 'STATE_DIRECTORY';

/**
 * `NIGHTCRIER_CONFIG`, `NIGHTCRIER_MCP_KEY`, `NIGHTCRIER_RUN_*` and those of our tests are other things; the rest Kubernetes
 * sets for a Service of that name.
 */
const otherThings = /^(?:CONFIG|MCP_KEY|RUN_.*|TEST_.*|SERVICE_(?:HOST|PORT.*)|PORT(?:_.*)?)$/;

/**
 * Puts `NIGHTCRIER_HEALTH__PORT` and its like over the file's values; an unknown one is a warning. Where neither says
 * `data_dir`, it is the first path of `STATE_DIRECTORY`.
 */
export function applyEnvironment(tree: ConfigTree, env: Environment): void {
  applyOwnVariables(tree, env);
  const [first = ''] = (env[stateDirectory] ?? '').split(':');
  if (valueAt(tree.root, ['data_dir']) === undefined) setValue(tree, ['data_dir'], first, stateDirectory);
}

function applyOwnVariables(tree: ConfigTree, env: Environment): void {
  for (const name of Object.keys(env)
    .filter((key) => key.startsWith(prefix))
    .toSorted()) {
    const rest = name.slice(prefix.length);
    const value = env[name];
    if (value === undefined || value === '' || otherThings.test(rest)) continue;
    const target = resolveName(rest);
    if (target === null) {
      tree.warn(unknownOverride, [], warning(name, rest), { fields: { name } });
      continue;
    }
    setValue(tree, target.path, isText(target.shape) ? value : readScalar(value), name);
  }
}

/** Puts the value of a command line flag over everything else. */
export function applyFlag(tree: ConfigTree, path: ConfigPath, value: unknown, flag: string): void {
  setValue(tree, path, value, flag);
}

function resolveName(rest: string): { path: string[]; shape: Shape } | null {
  let shape: Shape = rootShape();
  const path: string[] = [];
  for (const part of rest.split('__')) {
    const key = part.toLowerCase();
    const known = shape.properties?.[key];
    if (known) {
      path.push(key);
      shape = known;
    } else if (typeof shape.additionalProperties === 'object' && part !== '') {
      // Names in a mapping of one's own (agent.env) keep their case.
      path.push(part);
      shape = shape.additionalProperties;
    } else {
      return null;
    }
  }
  return shape.type === 'object' || shape.type === 'array' ? null : { path, shape };
}

function warning(name: string, rest: string): string {
  const suggestion = nearest(rest.toLowerCase(), overridable(rootShape(), ''));
  const hint = suggestion === null ? '' : `, did you mean ${prefix}${suggestion.toUpperCase()}?`;
  return `environment variable ${name} is no setting and is ignored${hint}`;
}

function overridable(shape: Shape, path: string): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}__${name}`;
    if (child.type === 'array') return [];
    return child.type === 'object' ? overridable(child, at) : [at];
  });
}

function setValue(tree: ConfigTree, path: ConfigPath, value: unknown, name: string): void {
  if (value === null || value === '') return;
  let parent = tree.root;
  for (const key of path.slice(0, -1)) {
    // The file has something else than a mapping there: the schema says so.
    if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return;
    const mapping = parent as Record<string, unknown>;
    mapping[key] ??= {};
    parent = mapping[key];
  }
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return;
  (parent as Record<string, unknown>)[String(path.at(-1))] = value;
  tree.override(path, name);
}
