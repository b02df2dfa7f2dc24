/** `npm run bench`: measures what README and ARCHITECTURE claim, prints it, and keeps it in bench/results.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { analystBesideTheLoop, analystOnLargeCluster, analystOnRecordings } from './analyst.ts';
import { connections } from './connections.ts';
import { dashboard } from './dashboard.ts';
import { demo } from './demo.ts';
import { burst, faultToRun, slowAgent } from './faults.ts';
import type { Figure } from './figure.ts';
import { containers } from './containers.ts';
import { gateway } from './gateway.ts';
import { mcp } from './mcp.ts';
import { permissions } from './permissions.ts';
import { reload } from './reload.ts';
import { durableFaults } from './store.ts';
import { watch } from './watch.ts';

const suites: readonly (readonly [string, () => Promise<Figure[]>])[] = [
  ['store', durableFaults],
  ['connections-1', () => connections(1)],
  ['connections-100', () => connections(100)],
  ['connections-1000', () => connections(1000)],
  ['reload', reload],
  ['watch', () => watch(20_000)],
  ['permissions', permissions],
  ['gateway', gateway],
  ['mcp', mcp],
  ['containers', containers],
  ['fault-to-run', faultToRun],
  ['burst', burst],
  ['slow-agent-4', () => slowAgent(4)],
  ['slow-agent-16', () => slowAgent(16)],
  ['dashboard', dashboard],
  ['demo', demo],
  ['analyst', analystOnRecordings],
  ['analyst-large', analystOnLargeCluster],
  ['analyst-loop', analystBesideTheLoop],
];

// What is published is what is measured: the bin takes the build where there is one.
const built = { stdio: 'inherit', cwd: path.join(import.meta.dirname, '..') } as const;
execFileSync('tsc', ['-p', 'tsconfig.build.json'], built);
execFileSync(process.execPath, ['scripts/copy-assets.ts'], built);

const wanted = process.argv.slice(2);
const figures: Figure[] = [];
for (const [name, measure] of suites) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const figure of await measure()) {
    figures.push(figure);
    process.stdout.write(`${figure.name}: ${figure.value} ${figure.unit}\n`);
  }
}
if (wanted.length === 0) writeResults();

function writeResults(): void {
  const file = path.join(import.meta.dirname, 'results.md');
  const marks = ['<!-- figures -->', '<!-- /figures -->'] as const;
  const text = readFileSync(file, 'utf8');
  const [head = '', rest = ''] = text.split(marks[0]);
  const tail = rest.split(marks[1])[1] ?? '';
  const about = `Measured on ${new Date().toISOString().slice(0, 10)}: ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.arch()}, Node ${process.versions.node}.`;
  const rows = figures.map(({ name, value, unit }) => `| ${name} | ${value} ${unit} |`.replace(' |', ' |'));
  const table = ['| what | figure |', '|---|---|', ...rows].join('\n');
  writeFileSync(file, `${head}${marks[0]}\n\n${about}\n\n${table}\n\n${marks[1]}${tail}`);
}
