import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cleanups } from '../../src/lib/cleanups.ts';
import { missingForControlPlane } from './kube-assets.ts';

/**
 * A folder with the programs that make a control plane with one real node (containerd, kubelet, kube-proxy) on this
 * machine: `start DIR --node`, `node-up DIR`, `image DIR NAME ROOTFS CONFIG`, `stop DIR`. They write `admin.kubeconfig`
 * and `node.env` (`address=`: this machine in the node's network) into DIR.
 */
const programs = process.env['NIGHTCRIER_TEST_NODE'] ?? '';
const names = ['start', 'node-up', 'image', 'stop'] as const;
type Program = (typeof names)[number];

/** A control plane with one real node: containers run, and what listens on a node port answers. */
export interface RealNode {
  readonly dir: string;
  /** File of a kubeconfig with every right, one context `test`. */
  readonly kubeconfig: string;
  /** Address of this machine, as the node sees it. */
  readonly machine: string;
  /** Gives the node an image: a folder with a root file system, and its configuration (Entrypoint, Cmd, User …). */
  image(name: string, rootfs: string, config: object): Promise<void>;
}

/** Why no node can be made here, in one line; null when one can. */
export function missingForNode(): string | null {
  const why = missingForControlPlane('kube-controller-manager', 'kube-scheduler');
  if (why !== null) return why;
  if (programs === '') return 'NIGHTCRIER_TEST_NODE is not set (programs that make a node: test/support/real-node.ts)';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a node needs root on Linux';
  const gone = names.filter((name) => !existsSync(path.join(programs, name)));
  return gone.length === 0 ? null : `NIGHTCRIER_TEST_NODE has no ${gone.join(', ')}`;
}

/**
 * Takes some ten seconds, and a gigabyte of memory. Its end is among the cleanups before it begins, so that nothing of it
 * stays on the machine whatever happens meanwhile: no process, link, route, mount or control group.
 */
export function startRealNode(cleanups: Cleanups): Promise<RealNode> {
  const parent = process.env['NIGHTCRIER_TEST_NODE_DIR'] ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(path.join(parent, 'real-node-'));
  const starting = start(dir);
  const stopNow = (): void => {
    execFileSync(path.join(programs, 'stop'), [dir], { stdio: 'ignore' });
  };
  process.once('exit', stopNow);
  cleanups.add('files of the node', () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  cleanups.add('node', async () => {
    await starting.catch(() => null);
    await run('stop', [dir]);
    process.off('exit', stopNow);
  });
  return starting;
}

async function start(dir: string): Promise<RealNode> {
  await run('start', [dir, '--node']);
  await run('node-up', [dir]);
  const machine = /^address=(.*)$/m.exec(readFileSync(path.join(dir, 'node.env'), 'utf8'))?.[1] ?? '';
  return {
    dir,
    kubeconfig: path.join(dir, 'admin.kubeconfig'),
    machine,
    image: (name, rootfs, config) => run('image', [dir, name, rootfs, JSON.stringify(config)]),
  };
}

/** What these programs start goes on when they have ended, so they are not run as others are (spawn.ts ends the group). */
async function run(name: Program, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(path.join(programs, name), [...args], { timeout: 180_000 });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${name} ${args.join(' ')}: ${stderr || stdout || String(error)}`, { cause: error });
  }
}
