import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CliProcess } from '../test/support/cli-process.ts';
import type { Figure } from './figure.ts';

interface Demo {
  readonly incidents: readonly { readonly id: string }[];
  readonly seconds: number;
}

interface Shown {
  readonly opened_at: string;
  readonly runs: readonly { readonly ended_at: string }[];
}

/** What somebody waits for who tries `nightcrier demo --once`. */
export async function demo(): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  try {
    const run = new CliProcess(['demo', '--once', '--keep', '-o', 'json'], {
      env: { HOME: dir, PATH: dir, TMPDIR: dir },
    });
    const { incidents, seconds } = JSON.parse(await run.success(100_000)) as Demo;
    const dataDir = /^ {2}data {7}(\S+) \(kept\)$/m.exec(run.err)?.[1] ?? '';
    const shown: Shown[] = [];
    for (const { id } of incidents) {
      const show = new CliProcess(['show', id, '-o', 'json', '--config', path.join(dataDir, 'nightcrier.yaml')]);
      shown.push(JSON.parse(await show.success()) as Shown);
    }
    const opened = Math.min(...shown.map(({ opened_at }) => Date.parse(opened_at)));
    const ended = Math.min(...shown.flatMap(({ runs }) => runs.map(({ ended_at }) => Date.parse(ended_at))));
    return [
      { name: 'demo: first report after the first incident', value: (ended - opened) / 1000, unit: 's' },
      { name: `demo: ${incidents.length} incidents, start to end`, value: seconds, unit: 's' },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
