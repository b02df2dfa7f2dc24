import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { TeleportPlace, TshSettings } from '../../src/domain/cluster-policy.ts';
import { kubeBinary } from './kube-assets.ts';
import { isAlive, pidsIn } from './processes.ts';

/** One call of the stub. */
export interface TshCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface StubNode {
  readonly hostname: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly version?: string;
}

const hour = 3_600_000;

/**
 * A tsh that answers in the recorded forms, as scripted: what version it is, whether it is logged in, what there is. What
 * it is called with is kept. `ssh` runs the command in a real shell, with real kubectl on the given kubeconfig.
 */
export class StubTsh {
  readonly command: string;
  readonly home: string;
  readonly dir: string;

  /** `kubeconfig`: what kubectl on the nodes uses. */
  constructor(dir: string, kubeconfig: string | null = null) {
    this.dir = dir;
    this.command = path.join(dir, 'bin', 'tsh');
    this.home = path.join(dir, 'home');
    for (const folder of ['bin', 'state', 'calls', 'remote']) mkdirSync(path.join(dir, folder), { recursive: true });
    copyFileSync(path.join(import.meta.dirname, 'stub-tsh.sh'), this.command);
    chmodSync(this.command, 0o755);
    this.onNode('sudo', 'exec "$@"');
    this.onNode('kubectl', `echo $$ >>"$HOME/kubectl-pids"; exec "${kubeBinary('kubectl')}" "$@"`);
    if (kubeconfig !== null) symlinkSync(kubeconfig, path.join(dir, 'state', 'kubeconfig'));
    this.version('17.4.8');
    this.login('in');
    this.clusters('staging', 'production', 'shared-service');
    this.nodes({ hostname: 'k8s-staging-1', labels: { role: 'control-plane' } }, { hostname: 'k8s-1' });
    this.#write('logins.json', ['svc']);
    this.#write('kube-clusters.json', ['staging-kube']);
  }

  /** As tsh version prints it. */
  version(version: string): void {
    this.#write('version.json', { version, gitref: `v${version}-0-g0`, runtime: 'go1.24.1' });
  }

  /** Whether somebody is logged in, and until when. */
  login(state: 'in' | 'out' | 'expired', leftMs = state === 'expired' ? -hour : 12 * hour): void {
    writeFileSync(this.#state('login'), state);
    this.#write('status.json', {
      active: {
        profile_url: 'https://teleport.example.com:443',
        username: 'bot-nightcrier',
        cluster: 'shared-service',
        roles: ['nightcrier'],
        logins: ['svc'],
        kubernetes_enabled: true,
        valid_until: new Date(Date.now() + leftMs).toISOString(),
      },
      profiles: [],
    });
  }

  clusters(...names: readonly string[]): void {
    const all = names.map((name) => ({
      cluster_name: name,
      status: 'online',
      cluster_type: 'leaf',
      labels: null,
      selected: false,
    }));
    this.#write('clusters.json', all);
  }

  nodes(...nodes: readonly StubNode[]): void {
    const all = nodes.map(({ hostname, labels = {}, version = '17.4.8' }, index) => ({
      kind: 'node',
      version: 'v2',
      metadata: { name: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, labels },
      spec: { addr: `10.0.0.${index + 1}:3022`, hostname, rotation: {}, version },
    }));
    this.#write('nodes.json', all);
  }

  /** Whether the proxy can be reached. */
  reachable(reachable: boolean): void {
    this.#flag('unreachable', !reachable);
  }

  /** Before each answer, seconds. */
  delay(seconds: number): void {
    writeFileSync(this.#state('delay'), seconds === 0 ? '' : String(seconds));
  }

  /** Ends the local proxies that run now, and those that are started while it is set. */
  proxyEnds(ends: boolean): void {
    this.#flag('proxy-ends', ends);
  }

  /** A program on the nodes. */
  onNode(name: string, script: string): void {
    const file = path.join(this.dir, 'remote', name);
    rmSync(file, { force: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** In the order in which they were made. */
  calls(): TshCall[] {
    const folder = path.join(this.dir, 'calls');
    const names = readdirSync(folder).filter((name) => name.endsWith('.env'));
    return names.toSorted().map((name) => {
      const base = path.join(folder, path.basename(name, '.env'));
      const lines = readFileSync(`${base}.env`, 'utf8').split('\n');
      return {
        argv: readFileSync(`${base}.argv`, 'utf8').split('\0').slice(0, -1),
        env: Object.fromEntries(
          lines.flatMap((line) =>
            line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
          ),
        ),
      };
    });
  }

  /** Whether a kubectl runs on the nodes. */
  runsKubectl(): boolean {
    return pidsIn(path.join(this.dir, 'kubectl-pids')).some(isAlive);
  }

  settings(changes: Partial<TshSettings> = {}): TshSettings {
    return { tsh: this.command, home: this.home, proxy: 'teleport.example.com:443', identityFile: null, ...changes };
  }

  /** The place of a cluster that is reached through it. */
  place(changes: Partial<TeleportPlace> = {}): TeleportPlace {
    return {
      cluster: 'staging',
      node: 'k8s-staging-1',
      user: 'svc',
      sudo: true,
      access: 'ssh',
      kubeCluster: 'staging-kube',
      maxSessions: 4,
      listIntervalMs: 60_000,
      via: this.settings(),
      ...changes,
    };
  }

  #flag(name: string, set: boolean): void {
    if (set) writeFileSync(this.#state(name), '');
    else rmSync(this.#state(name), { force: true });
  }

  #write(name: string, value: unknown): void {
    writeFileSync(this.#state(name), JSON.stringify(value));
  }

  #state(name: string): string {
    return path.join(this.dir, 'state', name);
  }
}
