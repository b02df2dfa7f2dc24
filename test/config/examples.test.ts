import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

const project = path.resolve(import.meta.dirname, '../..');
const names = fs.readdirSync(path.join(project, 'configs')).filter((name) => name.endsWith('.yaml'));

/** The examples as they are, beside kubeconfigs and secrets made for what they name. */
function examplesDir(): string {
  const files: Record<string, string> = {
    'secrets/mcp-api-key': 'canary-key\n',
    'secrets/mcp-ca.pem': '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
  };
  for (const name of names) {
    const text = fs.readFileSync(path.join(project, 'configs', name), 'utf8');
    files[`configs/${name}`] = text;
    const { clusters } = parse(text) as { clusters: Partial<Record<'triage' | 'watch', { kubeconfig?: string }>>[] };
    const named = clusters.flatMap(({ triage, watch }) => [triage?.kubeconfig, watch?.kubeconfig]);
    for (const kubeconfig of named.filter((name) => name !== undefined)) {
      const contexts = ['main', 'prod-us-east-1', 'prod-eu-west-1', 'watcher', 'triage'];
      files[path.join('configs', kubeconfig)] = kubeconfigText(...contexts);
    }
  }
  return tempDir(files);
}

/** Every variable that a file refers to without a default, set. */
function environmentFor(text: string): Record<string, string> {
  const needed = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(needed.map((name) => [name, valueOf(name)]));
}

function valueOf(name: string): string {
  if (name.includes('URL')) return 'https://hooks.example.com/x';
  return name.endsWith('ROUTING_KEY') ? 'R'.repeat(32) : `set-${name}`;
}

describe('the files under configs/', () => {
  test('CFG-9: there are several, and none stands where the daemon would find it by itself', () => {
    expect(names.length).toBeGreaterThan(4);
    expect(names).not.toContain('nightcrier.yaml');
  });

  test.each(names)('CFG-9: %s loads as it is, without a warning', (name) => {
    const cwd = examplesDir();
    const file = path.join(cwd, 'configs', name);
    const text = fs.readFileSync(file, 'utf8');
    const { config, warnings } = loadConfig({ file, cwd, env: environmentFor(text) });
    expect(warnings).toEqual([]);
    expect(config.clusters.length).toBeGreaterThan(0);
  });

  test.each(names)('CFG-6: %s begins with the line that makes editors check it, and the schema is there', (name) => {
    const [modeline = ''] = fs.readFileSync(path.join(project, 'configs', name), 'utf8').split('\n');
    const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(modeline)?.[1] ?? '';
    expect(fs.existsSync(path.join(project, 'configs', schema))).toBe(true);
  });

  test('CFG-9: kubeconfigs/ holds a page and nothing else that is committed', () => {
    const ignored = fs.readFileSync(path.join(project, '.gitignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['kubeconfigs/*', '!kubeconfigs/README.md']));
    expect(fs.readFileSync(path.join(project, 'kubeconfigs/README.md'), 'utf8')).toContain('read');
  });
});
