import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/*
 * The dependency rule of ARCHITECTURE.md: main → cli → app → surfaces and features → kube → domain → lib, never upward
 * and never sideways; a package that a folder owns is imported there alone.
 */
const root = path.join(import.meta.dirname, '..', 'src');

const features = ['cluster', 'discovery', 'intake', 'triage', 'analyst', 'gateway', 'teleport', 'storage', 'notify'];
const mayImport: Record<string, readonly string[]> = {
  lib: [],
  domain: ['lib'],
  kube: ['domain', 'lib'],
  html: ['lib'],
  report: ['html', 'domain', 'lib'],
  ...Object.fromEntries(features.map((feature) => [feature, ['kube', 'report', 'domain', 'lib']])),
  sim: ['kube', 'domain', 'lib'],
  demo: ['sim', 'kube', 'domain', 'lib'],
  health: ['domain', 'lib'],
  dashboard: ['report', 'html', 'domain', 'lib'],
  mcp: ['teleport', 'gateway', 'kube', 'domain', 'lib'],
  // Only the `config.ts` files of the features: see the test below.
  config: [...features, 'health', 'mcp', 'kube', 'domain', 'lib'],
  checks: [...features, 'health', 'mcp', 'config', 'kube', 'domain', 'lib'],
  app: ['checks', ...features, 'demo', 'health', 'dashboard', 'report', 'mcp', 'config', 'kube', 'domain', 'lib'],
  cli: ['app', 'config', 'report', 'domain', 'lib', 'kube'],
  main: ['cli', 'app', 'config', 'domain', 'lib'],
};

const owners: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^node:child_process$/, ['lib']],
  // User patterns are matched by it alone: it does not backtrack.
  [/^re2js$/, ['lib']],
  [/^yaml$/, ['config', 'kube', 'sim']],
  [/^kubernetes-types\//, ['kube']],
  // The oracle of tests alone: its client costs more than all the rest of a connection.
  [/^@modelcontextprotocol\/sdk\//, []],
  [/^@modelcontextprotocol\/(server|node)/, ['mcp']],
  [/^@modelcontextprotocol\/client/, ['cli']],
  [/^jose$/, ['mcp', 'health']],
  [/^node:sqlite$/, ['storage']],
  [/^@azure\//, ['storage']],
  [/^@slack\//, ['notify']],
  [/^fastify$/, ['health', 'dashboard']],
  [/^(preact|htm)/, ['html']],
  [/^pino/, ['app']],
  [/^eventsource$/, ['cli', 'cluster']],
  [/^commander$/, ['cli']],
  [/^markdown-it$/, ['triage']],
];

type Rule = 'files' | 'folders' | 'subfolders' | 'names' | 'citations';

/** Rules that a folder of `src/` is not yet held to: its owner takes them away, one after the other. */
const notYet: Record<string, readonly Rule[]> = {};

/** A file with one importer and fewer lines than this has a test of its own, or lives with its caller. */
const smallFile = 80;
const largestFolder = 15;
/** What nothing imports: a thread is started by the address of its file. */
const entries = ['main.ts', 'storage/worker/thread.ts', 'analyst/thread/answer-thread.ts'];

/**
 * A folder with subfolders, from the top down: each imports only what comes after it. '' is the folder's own files; of
 * these everything below may use what a folder says of itself: its `config.ts` and `errors.ts`.
 */
const subfolders: Record<string, readonly string[]> = {
  analyst: [
    'thread',
    'questions',
    '',
    'report',
    'claims',
    'remedy',
    'impact',
    'rank',
    'rules',
    'evidence',
    'signals',
    'custom',
    'model',
  ],
  'analyst/rules': [
    'access',
    'admission',
    'cluster',
    'config',
    'image',
    'job',
    'network',
    'node',
    'probe',
    'process',
    'scheduling',
    'storage',
    'workload',
    '',
  ],
  'analyst/questions': ['', 'parts', 'view', 'time'],
  'analyst/signals': ['network', 'rollout', ''],
  app: ['commands', '', 'http', 'mcp', 'process'],
  checks: ['run', 'set', ''],
  cli: ['commands', 'orders', 'setup', 'completion', 'watch', 'format', ''],
  config: ['', 'runbooks', 'files'],
  cluster: ['', 'watch', 'connection', 'sweep', 'permissions', 'mcp'],
  intake: ['', 'alerts'],
  dashboard: ['', 'pages', 'acts', 'frame', 'parts'],
  lib: ['display', 'files', 'http', 'process', 'proxy', 'redact', 'regex', 'untrusted', 'work', ''],
  domain: ['wire', 'decide', 'questions', 'storm', 'silence', '', 'people', 'verdict'],
  triage: ['', 'stages', 'questions', 'prompt', 'output', 'runner', 'workspace'],
  gateway: ['', 'kubernetes', 'models'],
  kube: ['detect', 'read', 'credential', 'grant', ''],
  demo: ['', 'scripts'],
  health: ['', 'access'],
  mcp: ['server', 'auth', 'flux', 'teleport', 'palette', 'kubernetes', 'incidents', 'workflows', 'core', ''],
  'mcp/flux': ['', 'diagnose', 'tree', 'objects'],
  'mcp/palette': ['', 'tools', 'demo', 'rules', 'api'],
  'mcp/kubernetes': ['', 'diagnose', 'helm', 'read'],
  notify: ['slack', 'pagerduty', 'teams', 'webhook', 'http', 'content', ''],
  'notify/slack': ['actions', '', 'calls'],
  report: ['', 'page', 'model', 'evidence'],
  sim: ['mcp', 'objects', 'api'],
  storage: ['worker', 'history', 'questions', 'operations', 'rows', 'sqlite', 'artifacts', ''],
};

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

const testFiles = sourceFiles(import.meta.dirname).map((file) => path.relative(import.meta.dirname, file));

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
  const feature = new RegExp(`^(\\.\\./)+(${[...features, 'health', 'mcp'].join('|')})/`);
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

test("code speaks the field's words: unreachable, active, disposition, notified", () => {
  const dialect = /\b\w*(?:[dD]arkness|ToldDark|toldDark|clusters_dark|[fF]ate\b|standingEpisode|wasTold|setTold)\w*/;
  const wrong = sourceFiles(root).flatMap((file) => {
    // Layouts of the state file are never changed after a release.
    if (/sqlite.[\w-]*migrations\.ts$/.test(file)) return [];
    const word = dialect.exec(readFileSync(file, 'utf8'))?.[0];
    return word === undefined ? [] : [`${path.relative(root, file)}: ${word}`];
  });
  expect(wrong).toEqual([]);
});

test('only lib/abort.ts listens for an abort', () => {
  const wrong = sourceFiles(root)
    .filter((file) => /addEventListener\(\s*'abort'/.test(readFileSync(file, 'utf8')))
    .map((file) => path.relative(root, file))
    .filter((file) => file !== path.join('lib', 'abort.ts'));
  expect(wrong).toEqual([]);
});

test('a process is signalled through lib/process/send-signal.ts alone: to kill, an id that went wrong is everybody', () => {
  const project = path.join(root, '..');
  const folders = ['src', 'test', 'bench', 'eval', 'scripts'].map((folder) => path.join(project, folder));
  // Nothing here may be found by itself.
  const raw = new RegExp(['process', 'kill\\b'].join('\\.'));
  const wrong = folders.flatMap(sourceFiles).filter((file) => raw.test(readFileSync(file, 'utf8')));
  expect(wrong.map((file) => path.relative(project, file))).toEqual(['src/lib/process/send-signal.ts']);
  const scripts = readdirSync(path.join(project, 'scripts'), { recursive: true, encoding: 'utf8' });
  const kills = scripts
    .filter((name) => name.endsWith('.sh'))
    .flatMap((name) => readFileSync(path.join(project, 'scripts', name), 'utf8').split('\n'))
    .filter((line) => /\bkill\b.*\$/.test(line.replaceAll('$$', 'own')) && !line.trim().startsWith('#'));
  // Each behind `is_pid`, which refuses what is no process id.
  expect(kills.filter((line) => !/is_pid "[^"]+" && kill /.test(line))).toEqual([]);
});

test('a file has two importers, or is worth a file, or has a test of its own', () => {
  const importers = Map.groupBy(
    imports.filter(({ target }) => target.startsWith('.')),
    ({ file, target }) => path.join(path.dirname(file), target),
  );
  const alone = heldTo('files').filter((file) => {
    const by = new Set(importers.get(file)?.map((one) => one.file));
    // What is configurable of a feature stands in its config.ts, for the one schema; its problems in errors.ts, for their page.
    if (entries.includes(file) || ['config.ts', 'errors.ts'].includes(path.basename(file))) return false;
    return by.size < 2 && lines(file).length < smallFile && !hasTest(file);
  });
  expect(alone).toEqual([]);
});

test(`no folder has more than ${largestFolder} files`, () => {
  const folders = Object.entries(Object.groupBy(heldTo('folders'), (file) => path.dirname(file)));
  const large = folders.filter(([, files = []]) => files.length > largestFolder);
  expect(large.map(([folder, files = []]) => `${folder}: ${files.length}`)).toEqual([]);
});

test('subfolders import downwards only', () => {
  const held = heldTo('subfolders');
  const children = Map.groupBy(
    held.flatMap((file) => pathsAbove(file)),
    ({ folder }) => folder,
  );
  const unlisted = [...children].filter(([folder, below]) => {
    const names = new Set(below.map(({ child }) => child));
    return names.size > 1 && [...names].sort().join() !== [...(subfolders[folder] ?? [])].sort().join();
  });
  expect(unlisted.map(([folder]) => `${folder}: its subfolders are not in the table`)).toEqual([]);

  const up = imports.filter(({ file, target }) => {
    if (!target.startsWith('.') || !held.includes(file) || /\/(config|errors)\.ts$/.test(target)) return false;
    const to = new Map(pathsAbove(path.join(path.dirname(file), target)).map(({ folder, child }) => [folder, child]));
    return pathsAbove(file).some(({ folder, child }) => {
      const order = subfolders[folder] ?? [];
      return to.has(folder) && order.indexOf(to.get(folder) ?? '') < order.indexOf(child);
    });
  });
  expect(up.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('nothing that lives longer than a line is called `it` or `x`', () => {
  const wrong = heldTo('names').flatMap((file) =>
    lines(file).flatMap((line, at) => (bindsNoName(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(wrong).toEqual([]);
  expect(
    ['const it = 1;', 'x.map((it) => {', 'x.flatMap((x) =>', 'function f(a: B, it: C): D {'].every(bindsNoName),
  ).toBe(true);
  expect(
    ['all.filter((it) => it.warning);', 'all.map((x) => ({ ...x })),', '  x: number;', 'send(x, y);'].some(bindsNoName),
  ).toBe(false);
});

test('what is cited is in the repository', () => {
  const design = /\b(CONTRACT|PRODUCT|FAULTS|TOOLS|PROTOCOL|STYLE|UX|AGENTS|MECHANISMS)\.md\b/;
  const citing = heldTo('citations').flatMap((file) =>
    lines(file).flatMap((line, at) => (design.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(citing).toEqual([]);
  expect(readFileSync(path.join(root, '..', 'ARCHITECTURE.md'), 'utf8')).not.toMatch(design);
});

/** The files, by their path in `src/`, of the folders that are held to a rule. */
function heldTo(rule: Rule): string[] {
  return sourceFiles(root)
    .map((file) => path.relative(root, file))
    .filter((file) => !(notYet[file.split(path.sep)[0] ?? ''] ?? []).includes(rule));
}

function lines(file: string): string[] {
  return readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n');
}

function hasTest(file: string): boolean {
  const [folder = ''] = file.split(path.sep);
  const name = `${path.basename(file, '.ts')}.test.ts`;
  return testFiles.some((test) => test.startsWith(folder + path.sep) && path.basename(test) === name);
}

/** Each folder of `src/` above a file, with the subfolder that leads to it; '' for one of its own files. */
function pathsAbove(file: string): { folder: string; child: string }[] {
  const parts = file.split(path.sep);
  return parts.slice(1).map((part, at) => ({
    folder: parts.slice(0, at + 1).join('/'),
    child: at === parts.length - 2 ? '' : part,
  }));
}

/** A constant, a parameter, or the parameter of an arrow whose body goes on after the line. */
function bindsNoName(text: string): boolean {
  const line = text.replaceAll(/'[^']*'/g, "''");
  if (/\b(?:const|let) (?:it|x)\b/.test(line)) return true;
  if (/[(,]\s*(?:it|x)\??: [^()]*\).*\{$/.test(line) && !line.includes('=>')) return true;
  const arrow = /[(,]\s*(?:it|x)(?:\??: [^()]*)?(?:,[^()]*)?\)(?:: [^=]*)? =>(.*)$/.exec(line);
  return arrow !== null && opensMore(arrow[1] ?? '');
}

function opensMore(text: string): boolean {
  const count = (characters: RegExp): number => text.match(characters)?.length ?? 0;
  return text.trim() === '' || count(/[{([]/g) > count(/[\])}]/g);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) return sourceFiles(full);
    return name.endsWith('.ts') ? [full] : [];
  });
}
