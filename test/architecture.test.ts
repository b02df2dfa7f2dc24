import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/*
 * The dependency rule of ARCHITECTURE.md: main → cli → app → surfaces and features → kube → domain → lib, never upward
 * and never sideways; a package that a folder owns is imported there alone.
 */
const root = path.join(import.meta.dirname, '..', 'src');

const features = ['cluster', 'intake', 'triage', 'analyst', 'storage', 'notify'];
const mayImport: Record<string, readonly string[]> = {
  lib: [],
  domain: ['lib'],
  kube: ['domain', 'lib'],
  ...Object.fromEntries(features.map((feature) => [feature, ['kube', 'domain', 'lib']])),
  sim: ['kube', 'domain', 'lib'],
  demo: ['sim', 'kube', 'domain', 'lib'],
  health: ['domain', 'lib'],
  // Only the `config.ts` files of the features: see the test below.
  config: [...features, 'health', 'kube', 'domain', 'lib'],
  app: [...features, 'demo', 'health', 'config', 'kube', 'domain', 'lib'],
  cli: ['app', 'config', 'domain', 'lib', 'kube'],
  main: ['cli', 'app', 'config', 'domain', 'lib'],
};

const owners: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^node:child_process$/, ['lib']],
  [/^yaml$/, ['config', 'kube', 'sim']],
  [/^@kubernetes\/client-node$/, ['kube']],
  [/^@modelcontextprotocol\/sdk\//, ['cluster']],
  [/^node:sqlite$/, ['storage']],
  [/^@azure\//, ['storage']],
  [/^@slack\//, ['notify']],
  [/^fastify$/, ['health']],
  [/^pino/, ['app']],
  [/^eventsource$/, ['cli', 'cluster']],
  [/^commander$/, ['cli']],
  [/^markdown-it$/, ['triage']],
];

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

const imports: Import[] = sourceFiles(root).flatMap((file) => {
  const relative = path.relative(root, file);
  const folder = relative.includes(path.sep) ? (relative.split(path.sep)[0] ?? '') : path.basename(relative, '.ts');
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from\s+|import\(\s*|^import\s+)'([^']+)'/gm)].map((match) => ({
    file: relative,
    folder,
    target: match[1] ?? '',
  }));
});

test('the rule sees the code', () => {
  expect(imports.length).toBeGreaterThan(50);
});

test('imports between folders go down only', () => {
  const wrong = imports.filter(({ file, folder, target }) => {
    if (!target.startsWith('.')) return false;
    const to = path.relative(root, path.resolve(root, path.dirname(file), target)).split(path.sep)[0] ?? '';
    const toFolder = to.replace(/\.ts$/, '');
    return toFolder !== folder && !(mayImport[folder] ?? []).includes(toFolder);
  });
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('config takes only the config.ts of a feature', () => {
  const feature = new RegExp(`^(\\.\\./)+(${[...features, 'health'].join('|')})/`);
  const wrong = imports.filter(
    ({ folder, target }) => folder === 'config' && feature.test(target) && !target.endsWith('/config.ts'),
  );
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('a package has one owner', () => {
  const wrong = imports.filter(({ folder, target }) =>
    owners.some(([pattern, folders]) => pattern.test(target) && !folders.includes(folder)),
  );
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('process.env is read in config alone', () => {
  const wrong = sourceFiles(root)
    .filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')))
    .map((file) => path.relative(root, file))
    .filter((file) => !file.startsWith('config'));
  expect(wrong).toEqual([]);
});

test('only lib/abort.ts listens for an abort', () => {
  const wrong = sourceFiles(root)
    .filter((file) => /addEventListener\(\s*'abort'/.test(readFileSync(file, 'utf8')))
    .map((file) => path.relative(root, file))
    .filter((file) => file !== path.join('lib', 'abort.ts'));
  expect(wrong).toEqual([]);
});

test('a process is signalled through lib/send-signal.ts alone: to kill, an id that went wrong is everybody', () => {
  const project = path.join(root, '..');
  const folders = ['src', 'test', 'bench', 'eval', 'scripts'].map((folder) => path.join(project, folder));
  // Nothing here may be found by itself.
  const raw = new RegExp(['process', 'kill\\b'].join('\\.'));
  const wrong = folders.flatMap(sourceFiles).filter((file) => raw.test(readFileSync(file, 'utf8')));
  expect(wrong.map((file) => path.relative(project, file))).toEqual(['src/lib/send-signal.ts']);
  const scripts = readdirSync(path.join(project, 'scripts'), { recursive: true, encoding: 'utf8' });
  const kills = scripts
    .filter((name) => name.endsWith('.sh'))
    .flatMap((name) => readFileSync(path.join(project, 'scripts', name), 'utf8').split('\n'))
    .filter((line) => /\bkill\b.*\$/.test(line.replaceAll('$$', 'own')) && !line.trim().startsWith('#'));
  // Each behind `is_pid`, which refuses what is no process id.
  expect(kills.filter((line) => !/is_pid "[^"]+" && kill /.test(line))).toEqual([]);
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) return sourceFiles(full);
    return name.endsWith('.ts') ? [full] : [];
  });
}
