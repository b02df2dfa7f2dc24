import { credentialProblems } from '../../kube/errors.ts';
import { formatDuration } from '../../lib/format.ts';
import { problem } from '../../lib/problem.ts';
import { type Check, finding, passed } from '../check.ts';
import { hostProblems } from '../errors.ts';
import { setVariables } from '../../config/environment.ts';
import type { CheckWorld } from '../world.ts';

const base = { group: 'host', ofMany: null, dependsOn: [], inDaemon: true } as const;
const whole = (): readonly string[] => [''];

/** A clock that is off by more spoils times and tokens, ms. */
const maxSkewMs = 60_000;
/** Minor versions between kubectl and an API server. */
const maxMinors = 3;
/** Servers whose clocks are looked at: one that is wrong itself is outvoted. */
const clocks = 5;

/** The machine: its clock, and the kubectl that permissions are asked with. */
export const machineChecks: readonly Check[] = [
  {
    ...base,
    id: 'host.clock',
    statement: 'the clock agrees with those of the API servers',
    kinds: [hostProblems.clockSkew],
    subjects: whole,
    run: async (world) => {
      const ahead = (await probes(world, clocks)).flatMap(({ aheadMs }) => aheadMs ?? []);
      const sorted = ahead.toSorted((a, b) => a - b);
      const middle = sorted[Math.floor(sorted.length / 2)];
      if (middle === undefined) return { skipped: 'no API server told its time' };
      if (Math.abs(middle) <= maxSkewMs) return passed;
      const by = formatDuration(Math.round(Math.abs(middle) / 1000) * 1000);
      const side = middle > 0 ? 'behind' : 'ahead of';
      return finding(problem(hostProblems.clockSkew, `this machine is ${by} ${side} the API servers`));
    },
  },
  {
    ...base,
    id: 'host.kubectl',
    statement: 'kubectl is installed and near the versions of the API servers',
    kinds: [credentialProblems.kubectlMissing, credentialProblems.kubectlVersion],
    subjects: ({ clusters }) => ([...clusters.values()].some(isTriaged) ? [''] : []),
    run: async (world, _subject, signal) => {
      const own = await kubectlVersion(world, signal);
      if ('error' in own) return finding(problem(credentialProblems.kubectlMissing, own.error));
      const detail = `kubectl ${own.version}`;
      const found = await probes(world, Number.POSITIVE_INFINITY);
      const minors = found.flatMap(({ version }) => minorOf(version) ?? []);
      const mine = minorOf(own.version);
      const far = minors.filter((minor) => mine !== null && Math.abs(minor - mine) > maxMinors);
      if (far.length === 0) return { problems: [], detail };
      const [from, to] = [Math.min(...minors), Math.max(...minors)];
      const wanted =
        from === to ? `1.${from}` : `1.${Math.round((from + to) / 2)} (API servers are 1.${from} to 1.${to})`;
      const message = `${detail}, and ${far.length} of ${minors.length} API servers are more than ${maxMinors} minor versions away`;
      return finding(problem(credentialProblems.kubectlVersion, message, { wanted }));
    },
  },
];

function isTriaged({ triageEnabled, kubeconfig }: { triageEnabled: boolean; kubeconfig: string | null }): boolean {
  return triageEnabled && kubeconfig !== null;
}

/** What the API servers said that can be asked, of at most so many clusters. */
async function probes(world: CheckWorld, most: number) {
  const asked = [...world.clusters.values()].filter(isTriaged).slice(0, most);
  const answers = await Promise.all(asked.map((cluster) => world.apiVersion(cluster)));
  return answers.filter((answer) => answer !== null);
}

type Kubectl = { readonly version: string } | { readonly error: string };

async function kubectlVersion({ spawn, env, clock }: CheckWorld, signal: AbortSignal): Promise<Kubectl> {
  const options = { env: setVariables(env), timeoutMs: 5000, graceMs: 500, maxOutputBytes: 64 * 1024, signal, clock };
  const result = await spawn('kubectl', ['version', '--client', '-o', 'json'], options);
  if (result.reason === 'spawn_failed') return { error: `kubectl cannot be started: ${result.error ?? 'unknown'}` };
  const version = /"gitVersion":\s*"(v\d+\.\d+[^"]{0,40})"/.exec(result.stdout)?.[1];
  return version === undefined ? { error: `kubectl version gave no version: ${result.reason}` } : { version };
}

/** `v1.33.1` → 33. */
function minorOf(version: string | null): number | null {
  const minor = /^v?1\.(\d{1,3})\b/.exec(version ?? '')?.[1];
  return minor === undefined ? null : Number(minor);
}
