import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { demoTable } from '../../src/demo/summary.ts';
import { displayWidth } from '../../src/lib/display/width.ts';
import { clusterPolicy, owner, signal, startOfTime } from '../support/signals.ts';
import { cli } from '../support/cli-run.ts';
import { echoToolset } from '../support/echo-toolset.ts';
import { McpEndpointFixture } from '../support/mcp-endpoint.ts';
import { answeredIn, now, stateDir } from '../support/state-dir.ts';
import { receive } from '../storage/store-fixture.ts';

const long = (word: string): string => Array.from({ length: 100 }, (_, at) => `${word}${at}`).join(' ');

interface Terminal {
  readonly tty?: boolean;
  readonly columns?: number;
}
/** What a command prints on a terminal, or in a pipe. */
type Printed = (terminal: Terminal) => Promise<string>;

/** A state where every text that a table shows is long, and with a report that holds a table. */
async function longTexts() {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store, `the cause is ${long('cause')}`);
  await store.giveFeedback(id, { rating: 'wrong', by: 'ana-maria', comment: long('comment') }, now);
  const matchers = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    operator: '=~' as const,
    value: long(name).slice(0, 60),
  }));
  const comment = long('reason').slice(0, 500);
  const silence = { matchers, startsAt: startOfTime, endsAt: now + 3_600_000, author: 'ana-maria', comment };
  await store.addSilence(silence, startOfTime);
  const low = signal({ cluster: 'main', pod: 'web', severity: 'info', context: long('context') });
  const cluster = clusterPolicy({ severityThreshold: 'critical' });
  await receive(store, [low], { owner: owner('web'), cluster });
  const folder = path.join(cwd, 'data/artifacts/main', id);
  mkdirSync(folder, { recursive: true });
  const cells = `| cart-1 | ${long('state')} | ${long('note')} |`;
  writeFileSync(
    path.join(folder, 'investigation.md'),
    `# A report\n\n| pod | state | note |\n|---|---|---|\n${cells}\n`,
  );
  const { kind, namespace, name } = low.resource;
  return { cwd, id, object: `${kind}/${namespace}/${name}` };
}

async function mcpServer(): Promise<string> {
  const fixture = await McpEndpointFixture.start({ parts: [echoToolset().parts], healthToken: 'k' });
  onTestFinished(() => fixture.stop());
  return `${fixture.url}/mcp`;
}

/** Every command that prints a table, by the file that formats it, with words that it has to print. */
const commands: Record<string, () => Promise<{ readonly print: Printed; readonly words: readonly string[] }>> = {
  'cli/format/incident-table.ts': async () => {
    const { cwd, id } = await longTexts();
    const words = ['cause99', id, 'critical', 'reported', 'main'];
    return {
      print: async (at) => (await cli(['incidents', '--all'], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out,
      words,
    };
  },
  'cli/commands/why.ts': async () => {
    const { cwd, object } = await longTexts();
    const words = ['below_threshold', 'context99'];
    return {
      print: async (at) => (await cli(['why', 'main', object], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out,
      words,
    };
  },
  'cli/orders/silence.ts': async () => {
    const { cwd } = await longTexts();
    const words = ['active', 'ana-maria', 'reason9'];
    return {
      print: async (at) => (await cli(['silence', 'list'], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out,
      words,
    };
  },
  'cli/orders/feedback.ts': async () => {
    const { cwd, id } = await longTexts();
    const words = ['ana-maria', 'wrong', 'cause99', 'comment99', id];
    return {
      print: async (at) => (await cli(['feedback', 'list'], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out,
      words,
    };
  },
  'cli/format/markdown-view.ts': async () => {
    const { cwd, id } = await longTexts();
    const words = ['cart-1', 'state99', 'note99'];
    return { print: async (at) => (await cli(['report', id], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out, words };
  },
  'cli/commands/mcp.ts': async () => {
    const { cwd } = await longTexts();
    const argv = ['mcp', 'call', '--url', await mcpServer(), '--key', 'k'];
    return { print: async (at) => (await cli(argv, { cwd, ...at })).out, words: ['read_log'] };
  },
  'cli/commands/search.ts': async () => {
    const { cwd, id } = await longTexts();
    // An excerpt is what stands around the words: here all of it.
    const words = [id, 'fault', 'api-7d9c-x1', 'broken'];
    return {
      print: async (at) => (await cli(['search', 'broken'], { cwd, now, env: { NO_COLOR: '1' }, ...at })).out,
      words,
    };
  },
  'demo/summary.ts': async () => {
    const incident = {
      id: 'inc_1',
      cluster: 'prod-eu',
      title: long('title'),
      fault_types: ['PodCrash', 'CrashLoop', 'ReplicasUnavailable'],
      cause: long('cause'),
      confidence: 'high',
      report: null,
    } as const;
    const summary = { clusters: 1, faults: 3, incidents: [incident], seconds: 1 };
    const print: Printed = async ({ tty, columns }) => demoTable(summary, null, tty ? columns : undefined);
    return { print, words: ['title99', 'cause99', 'ReplicasUnavailable', 'evident'] };
  },
};

test.each(Object.keys(commands))(
  'UX-20: from 40 columns on, and in a pipe, everything of the table of %s can be read',
  async (file) => {
    const { print, words } = (await commands[file]?.()) ?? { print: null, words: [] };
    if (print === null) throw new Error('no such command');
    const piped = await print({});
    for (const word of words) expect(piped).toContain(word);
    expect(piped).not.toContain('…');
    for (const columns of [40, 60, 80, 120]) {
      const out = await print({ tty: true, columns });
      expect(wordsOf(out)).toEqual(expect.arrayContaining(wordsOf(piped)));
      expect(out).not.toContain('…');
      // A word is never broken: it may be wider than the terminal, which breaks it.
      const tooWide = out.split('\n').filter((line) => displayWidth(line) > columns && line.trim().includes(' '));
      expect({ columns, tooWide }).toEqual({ columns, tooWide: [] });
    }
  },
);

test('UX-20: each file that formats a table is looked at here', async () => {
  const src = path.resolve(import.meta.dirname, '../../src');
  const files: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: src })) {
    if (readFileSync(path.join(src, file), 'utf8').includes('formatTable(') && !file.startsWith('lib/'))
      files.push(file);
  }
  expect(files.toSorted()).toEqual(Object.keys(commands).toSorted());
});

/** Without the titles of columns, which change their place and their case. */
function wordsOf(text: string): string[] {
  const plain = text.split('\n');
  const isTitles = (line: string): boolean => /^[A-Z]+( +[A-Z]+)*$/.test(line) || /^pod +state/.test(line);
  return plain.filter((line) => !isTitles(line)).flatMap((line) => line.split(/[ ·]+/));
}
