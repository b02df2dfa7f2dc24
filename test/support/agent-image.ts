import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(import.meta.dirname, '..', '..');
const base = process.env['NIGHTCRIER_TEST_BASE_IMAGE'] ?? 'nightcrier-test/base:bookworm';

/** For `describe.skipIf`: whether no engine answers here, or it lacks the image that agents are built on; says so in one line. */
export function lacksEngine(suite: string): boolean {
  const why = missing();
  if (why !== null) console.log(`skipped: ${suite}: ${why}`);
  return why !== null;
}

function missing(): string | null {
  if (!answers('docker', 'info')) return 'no Docker engine answers';
  if (!answers('docker', 'image', 'inspect', base))
    return `there is no image ${base} (a Debian with jq, socat and ca-certificates)`;
  if (!existsSync(path.join(root, 'agent/node_modules')))
    return 'the agent CLIs are not installed (npm ci --prefix agent)';
  return kubectlProgram() === null ? 'no kubectl on PATH is a program by itself' : null;
}

function answers(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, [...args], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** The image of agents with these CLIs, built when there is none of these sources yet; its tag. */
export async function agentImage(...clis: readonly string[]): Promise<string> {
  const files = [
    'scripts/build-agent-image.sh',
    ...readdirSync(path.join(root, 'agent')).map((name) => `agent/${name}`),
  ];
  const hash = createHash('sha256').update(`${base} ${clis.join(' ')}`);
  for (const file of files.filter((name) => !name.endsWith('node_modules')))
    hash.update(readFileSync(path.join(root, file)));
  const tag = `nightcrier-test/agent:${hash.digest('hex').slice(0, 16)}`;
  if (answers('docker', 'image', 'inspect', tag)) return tag;
  const wanted = clis.length === 0 ? ['none'] : clis;
  const args = ['--base', base, '--kubectl', kubectlProgram() ?? '', '--node', process.execPath, '--tag', tag];
  const script = path.join(root, 'scripts/build-agent-image.sh');
  await promisify(execFile)(script, [...args, ...wanted.flatMap((cli) => ['--cli', cli])], { timeout: 240_000 });
  return tag;
}

/** The image takes a program, not a script that starts one. */
function kubectlProgram(): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return (
    folders.map((folder) => path.join(folder, 'kubectl')).find((file) => existsSync(file) && isProgram(file)) ?? null
  );
}

function isProgram(file: string): boolean {
  const start = Buffer.alloc(4);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, start, 0, 4, 0);
  } finally {
    closeSync(handle);
  }
  return start.toString('latin1') === '\u007fELF';
}

/** Containers of agents that are there, in whatever state. */
export async function agentContainers(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('docker', ['ps', '-aq', '--filter', 'label=nightcrier.run']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Names of the containers with this label, whatever their state. */
export async function containersWith(label: string): Promise<string[]> {
  const format = ['--format', '{{.Names}}'];
  const { stdout } = await promisify(execFile)('docker', ['ps', '--all', '--filter', `label=${label}`, ...format]);
  return stdout.split('\n').filter((line) => line !== '');
}
