import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Environment, ownCommand } from '../../config/environment.ts';
import { parseConfig } from '../../config/load.ts';
import { demoConfig } from '../../demo/demo-config.ts';
import { type Fleet, startFleet } from '../../demo/fleet.ts';
import { demoIntroduction, demoNextSteps, demoSummary, demoTable, withoutReport } from '../../demo/summary.ts';
import { aborted } from '../../lib/abort.ts';
import { delay, systemClock } from '../../lib/clock.ts';
import { columnsOf } from '../../lib/display/width.ts';
import { plural } from '../../lib/text.ts';
import type { App } from '../app.ts';
import { createApp } from '../create-app.ts';
import { CurrentConfig } from '../current-config.ts';
import { type MessageSink, messageSink, type TextTarget } from '../process/daemon-outputs.ts';
import { daemonLogger } from '../process/logger.ts';
import { untilQuiet } from './run-daemon.ts';

export interface RunDemoOptions {
  readonly once: boolean;
  /** Its data stays when it ends. */
  readonly keep: boolean;
  readonly output: 'text' | 'json';
  readonly healthPort: number | 'auto';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly io: {
    readonly stdout: TextTarget;
    readonly stderr: TextTarget;
    readonly env: Environment;
    readonly timeZone: string;
  };
}

/** `--once` gives up on a report that does not come, milliseconds. */
const onceLimitMs = 90_000;
const lookEveryMs = 200;

/** The demo: a simulated fleet, everything behind it real; resolves to the exit code. */
export async function runDemo(options: RunDemoOptions, signal: AbortSignal): Promise<number> {
  const started = systemClock.monotonic();
  const fleet = await startFleet();
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-demo-'));
  try {
    const settings = demoSettings(fleet, dataDir, options);
    const loaded = { ...parseConfig(settings, dataDir), healthPort: options.healthPort };
    // Messages are data of the demo, unless its data is one JSON object.
    const target = options.output === 'json' ? options.io.stderr : options.io.stdout;
    const sink = withConfig(messageSink(target, options.io), ownCommand(options.io.env, configFileIn(dataDir)));
    const current = new CurrentConfig(loaded);
    const logger = await daemonLogger(current, options.io.stderr, options.io);
    const app = await createApp({ current, env: options.io.env, sink, logger, simulated: true });
    await app.start();
    try {
      options.io.stderr.write(`${demoIntroduction(fleet, { dataDir, url: app.url, keep: options.keep })}\n`);
      const configFile = writeConfig(settings, dataDir, app.url);
      return await play({ ...options, configFile }, fleet, app, started, signal);
    } finally {
      await app.stop();
    }
  } finally {
    await fleet.close();
    // After everything that writes there.
    if (!options.keep) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function play(
  options: RunDemoOptions & { readonly configFile: string },
  fleet: Fleet,
  app: App,
  started: number,
  signal: AbortSignal,
): Promise<number> {
  const { stdout, stderr } = options.io;
  const limit = options.once ? AbortSignal.timeout(onceLimitMs) : null;
  const ending = limit === null ? signal : AbortSignal.any([signal, limit]);
  const missing = await untilReported(fleet, app, ending);
  if (missing === 0 && options.once) await untilQuiet(app, systemClock, ending).catch(() => {});
  const seconds = (systemClock.monotonic() - started) / 1000;
  const stays = options.keep || !options.once;
  const summary = await demoSummary(app.store, fleet, { seconds, stays });
  const pages = options.once ? null : app.url;
  if (options.output === 'json') stdout.write(`${JSON.stringify(summary)}\n`);
  else stdout.write(`\n${demoTable(summary, pages, columnsOf(stdout))}\n`);
  const { configFile } = options;
  stderr.write(demoNextSteps({ pages, configFile: stays ? configFile : null, command: ownCommand(options.io.env) }));
  for (const text of permissionNotes(app)) stderr.write(`${text}\n`);
  if (missing > 0 && !signal.aborted) stderr.write(`${plural(missing, 'scripted fault')} got no report\n`);
  if (!options.once && !signal.aborted) {
    const data = options.keep ? '' : ', which removes its data (--keep keeps it)';
    const dashboard = app.url === null ? '' : `\nThe dashboard is at ${app.url}/\n`;
    stderr.write(`\nThe daemon goes on until Ctrl-C${data}.\n${dashboard}`);
    await aborted(signal);
  }
  return missing === 0 || !options.once ? 0 : 1;
}

/** Plays the script; resolves to how many scripted faults have no report when it ends or is ended. */
async function untilReported(fleet: Fleet, app: App, signal: AbortSignal): Promise<number> {
  try {
    await fleet.play(signal);
    while ((await withoutReport(app.store, fleet.expected)).length > 0) {
      await delay(systemClock, lookEveryMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return (await withoutReport(app.store, fleet.expected)).length;
}

/** Says so when nobody could ask what the credentials may do. */
function permissionNotes(app: App): string[] {
  const unknown = app.directory.statuses().filter(({ permissions }) => permissions?.minimum_met === null);
  if (unknown.length === 0) return [];
  return [`Permissions of ${plural(unknown.length, 'cluster')} are unknown: ${unknown[0]?.permissions?.error ?? ''}`];
}

function demoSettings(fleet: Fleet, dataDir: string, options: RunDemoOptions): Record<string, unknown> {
  return {
    ...demoConfig(fleet, dataDir),
    log: { level: options.logLevel },
    notify: { console: true },
    health: { port: typeof options.healthPort === 'number' ? options.healthPort : 8080 },
  };
}

/** Commands in messages name the configuration of the demo: without it they would look elsewhere. */
function withConfig(sink: MessageSink, own: string): MessageSink {
  const inWords = (text: string): string => text.replace(/nightcrier (?=(?:show|report) inc_)/g, () => `${own} `);
  return { ...sink, write: (text, signal) => sink.write(inWords(text), signal) };
}

function configFileIn(dataDir: string): string {
  return path.join(dataDir, 'nightcrier.yaml');
}

/** Writes the configuration (JSON is YAML) beside the data, so that every other command can look at the demo. */
function writeConfig(settings: Record<string, unknown>, dataDir: string, url: string | null): string {
  const file = configFileIn(dataDir);
  const health = { port: url === null ? 0 : Number(new URL(url).port) };
  writeFileSync(file, `${JSON.stringify({ ...settings, health }, null, 2)}\n`, { mode: 0o600 });
  return file;
}
