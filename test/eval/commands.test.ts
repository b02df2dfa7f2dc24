import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../eval/evaluate.ts';
import { loadRecordings, type Recording } from '../../eval/recording.ts';
import { evalSets } from '../../eval/sets.ts';
import { readKubectl } from '../../src/analyst/remedy/kubectl-command.ts';
import type { Verdict } from '../../src/domain/verdict/verdict.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { commandWords } from '../../src/lib/process/command-line.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../support/kubelet-logs.ts';
import { loadRecording } from '../support/load-recording.ts';

type Step = Verdict['remediation'][number];

/** What a person would put where a command leaves a choice. */
const choices: Readonly<Record<string, string>> = {
  '<n>': '2',
  '<value>': '1',
  '<key>': 'key',
  '<image>': 'registry.test/app:2',
  '<user>': 'me',
  '<password>': 'secret',
  '<new limit>': '2Gi',
};

/** Looking for what may not be there is an answer too. */
const looks = new Set(['get', 'describe', 'api-resources', 'logs', 'top']);

const recordings = evalSets.flatMap(({ dir }) => loadRecordings(dir));

describe.skipIf(cannotRun('the commands of answers'))('QUA-1: what people are told to run', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;
  let logs: KubeletLogs;
  let kubeconfig: string;

  beforeAll(async () => {
    logs = await startKubeletLogs();
    cleanups.add('logs', () => logs.stop());
    plane = await startControlPlane({ level: 'api' });
    cleanups.add('plane', () => plane.stop());
    kubeconfig = path.join(plane.dir, 'recorded.kubeconfig');
    const text = readFileSync(plane.kubeconfig, 'utf8');
    writeFileSync(
      kubeconfig,
      text.replace('contexts: [{name: test,', 'contexts: [{name: recorded,').replace('current-context: test', ''),
    );
  }, 120_000);

  afterAll(() => cleanups.run(), 60_000);

  /** Runs commands as a shell would, each reading what the one before wrote. @throws Error with its standard error */
  async function run(command: string, ...more: string[]): Promise<string> {
    let said = '';
    for (const part of command.split(' | ')) said = await runOne(part, said, more);
    return said;
  }

  async function runOne(command: string, input: string, more: readonly string[]): Promise<string> {
    const filled = command.replaceAll(/<[a-z][a-z -]*>/gi, (place) => choices[place] ?? place);
    const [program, ...args] = commandWords(filled) ?? [];
    if (program !== 'kubectl') throw new Error(`not one kubectl command: ${command}`);
    const { exitCode, stdout, stderr } = await spawnProcess(kubeBinary('kubectl'), [...args, ...more], {
      env: { HOME: plane.dir, PATH: process.env['PATH'] ?? '', KUBECONFIG: kubeconfig, KUBE_EDITOR: 'true' },
      timeoutMs: 60_000,
      maxOutputBytes: 16 * 1024 * 1024,
      input,
    });
    if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
  }

  /** What can be changed of an object; null when it is not there. */
  async function stateOf({ command }: Step): Promise<unknown> {
    const target = readKubectl(command ?? '')?.target;
    if (!target) return null;
    const namespace = target.namespace === null ? '' : ` -n ${target.namespace}`;
    const get = `kubectl --context recorded${namespace} get ${target.kind.toLowerCase()} ${target.name} -o json`;
    const text = await run(get).catch(() => 'null');
    const { metadata: _m, status: _s, ...state } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    return state;
  }

  /** Does it, and takes it back: afterwards the object is as it was. */
  async function doAndUndo(step: Step): Promise<void> {
    const { command, undo } = step;
    const verb = readKubectl(command ?? '')?.verb ?? '';
    if (command === null) return;
    if (verb === 'delete') {
      await run(command, '--dry-run=server');
      return;
    }
    const before = await stateOf(step);
    const said = await run(command).catch((error: unknown) => {
      if (looks.has(verb) && /NotFound|not found/i.test(String(error))) return '';
      throw error;
    });
    expect(said).toBeDefined();
    if (undo?.startsWith('kubectl ') !== true) return;
    await run(undo);
    expect(await stateOf(step), `${command}, then ${undo}`).toEqual(before);
  }

  test.each(recordings.map((recording): [string, Recording] => [recording.truth.id ?? '', recording]))(
    '%s: every command names its cluster, is valid for what is there, and can be taken back as it says',
    async (_, recording) => {
      const { answer } = await evaluate(recording);
      const steps = answer.verdict.remediation;
      const elsewhere = steps.filter(({ command }) => command?.startsWith('kubectl --context recorded ') === false);
      expect(elsewhere).toEqual([]);
      const [first] = steps.map(({ command }) => readKubectl(command ?? ''));
      expect(first?.verb === 'delete' && first.target?.kind !== 'Pod').toBe(false);
      // Their templates cannot be changed.
      const edited = steps.map(({ command }) => readKubectl(command ?? '')).filter((it) => it?.verb === 'edit');
      expect(edited.filter((it) => ['Pod', 'Job', 'ReplicaSet'].includes(it?.target?.kind ?? ''))).toEqual([]);
      if (steps.length === 0) return;
      const loaded = await loadRecording(plane, logs, recording.dump);
      try {
        for (const step of steps) await doAndUndo(step);
      } finally {
        await loaded.remove();
      }
    },
    60_000,
  );
});
