import { stringify } from 'yaml';
import { formatDuration } from '../lib/duration.ts';
import { type ConfigPath, pathKey } from './config-path.ts';
import { hideCredentials } from './config-tree.ts';
import type { Config } from './schema.ts';
import { isDuration, isSecret, isSize, shapeAt } from './schema-shape.ts';

/**
 * The effective configuration as it would be written, without secrets: they are `<secret>`, and values of references
 * are `<from env X>` (`displays`, by path key).
 */
export function describeConfig(config: Config, displays: ReadonlyMap<string, string>): Record<string, unknown> {
  return describe(config, [], displays) as Record<string, unknown>;
}

/** The effective values as the text of a file. */
export function describedText(values: Record<string, unknown>): string {
  return stringify(values, { lineWidth: 0 });
}

/** Every value of the configuration that is a secret, for redaction. Bearer tokens in headers without their scheme. */
export function configSecrets(config: Config): string[] {
  const found = new Set<string>();
  collectSecrets(config, [], found);
  return [...found].filter((secret) => secret.length >= 4);
}

function describe(value: unknown, path: ConfigPath, displays: ReadonlyMap<string, string>): unknown {
  const display = displays.get(pathKey(path));
  if (display !== undefined) return hideCredentials(display);
  if (Array.isArray(value)) return value.map((item, index) => describe(item, [...path, index], displays));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    return Object.fromEntries(entries.map(([key, child]) => [key, describe(child, [...path, key], displays)]));
  }
  if (isSecret(path)) return '<secret>';
  const shape = shapeAt(path);
  if (typeof value === 'number' && isDuration(shape)) return formatDuration(value);
  if (typeof value === 'number' && isSize(shape)) return formatSize(value);
  return typeof value === 'string' ? hideCredentials(value) : value;
}

function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ['Gi', 1024 ** 3],
    ['Mi', 1024 ** 2],
    ['Ki', 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function collectSecrets(value: unknown, path: ConfigPath, found: Set<string>): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      collectSecrets(child, [...path, Array.isArray(value) ? Number(key) : key], found);
    }
  } else if (typeof value === 'string') {
    if (isSecret(path)) {
      found.add(value);
      const token = /^(?:Bearer|Basic|Token)\s+(\S+)$/i.exec(value)?.[1];
      if (token !== undefined) found.add(token);
    }
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@:]*:([^/\s@]+)@/i.exec(value)?.[1];
    if (password !== undefined) found.add(password);
  }
}
