import { ConfigError } from '../../src/config/errors.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { tempDir } from './temp-dir.ts';

/** A kubeconfig with the given contexts; the first one is current. */
export function kubeconfigText(...contexts: string[]): string {
  const names = contexts.length > 0 ? contexts : ['main'];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 'kubeconfig-token-canary' } }],
    contexts: names.map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
    'current-context': names[0],
  });
}

export interface ConfigCase {
  readonly env?: LoadOptions['env'];
  readonly flags?: LoadOptions['flags'];
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads `nightcrier.yaml` with this text from a temporary directory that also holds a kubeconfig `k.yaml`. */
export function loadText(text: string, { env = {}, flags, files = {} }: ConfigCase = {}): LoadedConfig {
  const cwd = tempDir({ 'nightcrier.yaml': text, 'k.yaml': kubeconfigText('main', 'other'), ...files });
  return loadConfig({ cwd, env, ...(flags ? { flags } : {}) });
}

/** The error of a configuration that must not load. */
export function refusal(text: string, given: ConfigCase = {}): ConfigError {
  try {
    loadText(text, given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** A file with one cluster that loads, with lines added at the top level. */
export function minimal(...lines: string[]): string {
  return [
    'clusters:',
    '  - name: main',
    '    mcp:',
    '      endpoint: http://127.0.0.1:18080/mcp',
    '    triage:',
    '      kubeconfig: k.yaml',
    ...lines,
    '',
  ].join('\n');
}
