import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ArtifactFile, ArtifactStore } from '../../src/domain/ports.ts';
import type { Run } from '../../src/domain/records.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createFilesystemArtifacts } from '../../src/storage/artifacts/filesystem.ts';
import { Uploads } from '../../src/triage/uploads.ts';
import { readPendingUpload, savePendingUpload } from '../../src/triage/workspace/pending-upload.ts';
import { openWorkspace, workspaceDir } from '../../src/triage/workspace/workspace.ts';
import { FakeRunStore } from '../support/fake-run-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryArtifacts } from '../support/memory-artifacts.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const minute = 60_000;
const files: ArtifactFile[] = [
  { path: 'investigation.html', content: '<p>ünï', contentType: 'text/html; charset=utf-8' },
  { path: 'evidence/raw', content: Buffer.from([0, 255, 128]), contentType: 'text/plain' },
];

class Bench {
  readonly clock = new ManualClock();
  readonly store = new FakeRunStore();
  readonly artifacts = new MemoryArtifacts();
  readonly root = path.join(tempDir(), 'workspaces');
  readonly attempts: string[] = [];
  readonly uploads: Uploads;

  constructor(artifacts?: ArtifactStore) {
    this.uploads = new Uploads({
      store: this.store,
      artifacts: artifacts ?? this.artifacts,
      workspaces: () => this.root,
      clock: this.clock,
      logger: silentLogger,
      onUpload: (result) => this.attempts.push(result),
      random: () => 1,
    });
    onTestFinished(() => this.uploads.stop());
  }

  /** An ended run whose artifacts wait. */
  async waiting(): Promise<Run> {
    const run = this.store.add('prod', this.clock.now());
    await savePendingUpload(await openWorkspace(this.root, run.incidentId, run.id), files);
    this.store.addUpload(run, this.clock.now());
    return run;
  }

  workspaceOf(run: Run): string {
    return workspaceDir(this.root, run.incidentId, run.id);
  }

  /** Moves the clock in steps, so that what each timer began on disk can end, until `done`. */
  async until(done: () => boolean, stepMs: number, what: string): Promise<void> {
    for (let step = 0; !done(); step += 1) {
      if (step > 500) throw new Error(`not in time: ${what}`);
      await this.clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

test('STO-4: what waits is stored from disk as it was, and the workspace is free again', async () => {
  const bench = new Bench();
  const run = await bench.waiting();
  expect(await bench.uploads.runIds()).toEqual(new Set([run.id]));
  bench.uploads.start();
  await waitUntil(() => bench.store.stored.has(run.id), 'the upload');
  expect(bench.store.stored.get(run.id)).toBe(`/artifacts/prod/${run.incidentId}/investigation.html`);
  expect(bench.artifacts.stored.get(`prod/${run.incidentId}`)).toEqual(files);
  await waitUntil(() => !existsSync(path.join(bench.workspaceOf(run), 'upload.json')), 'a free workspace');
  expect(await bench.uploads.runIds()).toEqual(new Set());
  expect(bench.uploads.problems()).toEqual([]);
});

test('STO-4: ten minutes of outage lose nothing, are told in health, and cost few attempts', async () => {
  const bench = new Bench();
  bench.artifacts.failures = Infinity;
  const runs = [await bench.waiting(), await bench.waiting(), await bench.waiting()];
  const began = bench.clock.now();
  bench.uploads.start();
  await bench.until(() => bench.clock.now() > began + 10 * minute, 5000, 'ten minutes');
  expect(bench.store.uploads.size).toBe(3);
  expect(bench.attempts.length).toBeGreaterThan(3);
  expect(bench.attempts.length).toBeLessThan(40);
  expect(bench.uploads.problems()).toMatchObject([
    { code: 'NC-TRIAGE-014', message: expect.stringMatching(/^3 reports wait to be stored, .*the store is full/) },
  ]);
  bench.artifacts.failures = 0;
  await bench.until(() => bench.store.stored.size === 3, 5000, 'all stored');
  expect([...bench.store.stored.keys()].sort()).toEqual(runs.map(({ id }) => id).sort());
  await bench.until(() => bench.uploads.problems().length === 0, 5000, 'no problem any more');
});

test('STO-4: removing the workspace gives a report up; others go on', async () => {
  const bench = new Bench();
  const [gone, kept] = [await bench.waiting(), await bench.waiting()];
  rmSync(bench.workspaceOf(gone), { recursive: true });
  bench.uploads.start();
  await bench.until(() => bench.store.stored.size === 2, 1000, 'both ended');
  expect(bench.store.stored.get(gone.id)).toBeNull();
  expect(bench.store.stored.get(kept.id)).toContain('investigation.html');
});

test('STO-4: what is no such file is given up, and nothing of it is read through a link', async () => {
  const bench = new Bench();
  const run = await bench.waiting();
  const file = path.join(bench.workspaceOf(run), 'upload.json');
  writeFileSync(file, '{"files": 7}');
  expect(await readPendingUpload(bench.workspaceOf(run))).toBeNull();
  rmSync(file);
  mkdirSync(file);
  expect(await readPendingUpload(bench.workspaceOf(run))).toBeNull();
  await savePendingUpload(await openWorkspace(bench.root, run.incidentId, run.id), files);
  expect(await readPendingUpload(bench.workspaceOf(run))).toEqual(files);
});

test('STO-4: a report whose incident is investigated again waits for that', async () => {
  const bench = new Bench();
  const run = await bench.waiting();
  const row = (await bench.store.waitingUploads())[0]!;
  bench.store.uploads.set(run.id, { ...row, busy: true });
  bench.uploads.start();
  await bench.clock.advance(minute);
  expect(bench.artifacts.puts).toBe(0);
  bench.store.uploads.set(run.id, row);
  await bench.until(() => bench.store.stored.has(run.id), minute, 'the upload');
});

test('STO-1: a place that cannot be used at the start is told at once, and is no failed start', async () => {
  const bench = new Bench();
  let works = false;
  bench.artifacts.check = () => (works ? Promise.resolve() : Promise.reject(new Error('no such host')));
  bench.uploads.start();
  await waitUntil(() => bench.uploads.problems().length === 1, 'a problem');
  expect(bench.uploads.problems()[0]).toMatchObject({ code: 'NC-TRIAGE-004', message: 'no such host' });
  works = true;
  await bench.until(() => bench.uploads.problems().length === 0, minute, 'none any more');
});

const disk = smallDisk();
test.skipIf(disk.skip !== null)(
  `STO-4: a report that a full disk refused is stored when there is space again${disk.why}`,
  async () => {
    const root = disk.mount('1m');
    const bench = new Bench(createFilesystemArtifacts(path.join(root, 'artifacts')));
    const ballast = path.join(root, 'ballast');
    const run = await bench.waiting();
    expect(() => writeFileSync(ballast, Buffer.alloc(2_000_000))).toThrow('ENOSPC');
    bench.uploads.start();
    await bench.until(
      () => bench.attempts.length >= 2 || bench.uploads.problems().length > 0,
      minute / 60,
      'a refusal',
    );
    expect(bench.store.uploads.size).toBe(1);
    rmSync(ballast);
    await bench.until(() => bench.store.stored.has(run.id), minute / 6, 'the report');
    expect(bench.store.stored.get(run.id)).toBe(
      path.join(root, 'artifacts/prod', run.incidentId, 'investigation.html'),
    );
  },
);
