import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { KubectlPermissionDirectory, registerPermissionMetrics } from '../../../src/cluster/permissions/directory.ts';
import { reviewQuestions } from '../../../src/cluster/permissions/questions.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import type { Spawn, SpawnResult } from '../../../src/lib/process/spawn.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const exit = (stdout: string): SpawnResult => ({
  reason: 'exit',
  exitCode: 0,
  exitSignal: null,
  stdout,
  stderr: '',
  droppedBytes: 0,
  durationMs: 1,
  error: null,
});
const reviews = reviewQuestions
  .map(({ subresource, ...attributes }) =>
    JSON.stringify({
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: subresource ? { ...attributes, subresource } : attributes },
      status: { allowed: attributes.verb === 'get' || attributes.verb === 'list' },
    }),
  )
  .join('\n');
const config = { refresh: 3_600_000, timeout: 10_000, max_concurrent: 4, require_read_only: false };

/** kubectl that answers after `tookMs`, and for clusters in `dead` never, up to its limit. */
function setup(
  names: readonly string[],
  dead: ReadonlySet<string>,
  tookMs = 100,
  review: () => SpawnResult = () => exit(reviews),
) {
  const clock = new ManualClock();
  const events = new Emitter<DomainEvents>();
  const seen: { cluster: string; at: number; met: boolean | null }[] = [];
  let running = 0;
  let most = 0;
  const started: string[] = [];
  const spawn: Spawn = (_command, args, options) =>
    new Promise((resolve) => {
      const cluster = args[args.indexOf('--kubeconfig') + 1] ?? '';
      running += 1;
      most = Math.max(most, running);
      started.push(cluster);
      const isDead = dead.has(cluster);
      const end = (result: SpawnResult): void => {
        running -= 1;
        resolve(result);
      };
      const timer = clock.setTimer(
        () => end(isDead ? { ...exit(''), reason: 'timeout' } : args.includes('can-i') ? exit('yes\n') : review()),
        isDead ? options.timeoutMs : tookMs,
      );
      options.signal?.addEventListener('abort', () => {
        timer.cancel();
        end({ ...exit(''), reason: 'aborted' });
      });
    });
  events.on('permissions:changed', ({ cluster, snapshot }) => {
    seen.push({ cluster, at: clock.monotonic(), met: snapshot.minimum_met });
  });
  const directory = new KubectlPermissionDirectory({
    targets: names.map((name) => ({ name, kubeconfig: name, context: null, allowSecrets: false })),
    config: () => config,
    events,
    clock,
    spawn,
    kubectl: 'kubectl',
    env: {},
    random: () => 1,
  });
  return { clock, directory, events, seen, started, most: () => most, running: () => running };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);

describe('PER-3: asking beside everything else', () => {
  test('at most max_concurrent processes, four a cluster, every cluster answered', async () => {
    const { clock, directory, seen, started, most } = setup(names(20), new Set());
    directory.start();
    await clock.advance(2000);
    expect(most()).toBe(4);
    expect(seen).toHaveLength(20);
    expect(started).toHaveLength(80);
    expect(directory.current('c7')?.minimum_met).toBe(true);
    await directory.stop();
  });

  test('dead clusters come last: the others do not wait for more than a first short limit', async () => {
    const dead = new Set(names(8));
    const { clock, directory, seen } = setup([...names(40)], dead);
    directory.start();
    // Eight dead ones at 2.5 s each on four processes, then 32 living ones at 0.4 s.
    await clock.advance(9000);
    expect(seen.filter((one) => one.met === true)).toHaveLength(32);
    expect(directory.current('c0')?.error).toContain('no answer within 2500 ms');
    const before = seen.length;
    await clock.advance(60_000);
    expect(seen.slice(before).every((one) => dead.has(one.cluster))).toBe(true);
    expect(directory.current('c0')?.error).toContain('no answer within 10000 ms');
    await directory.stop();
  });

  test('asked again at the refresh interval, and an answer that can no longer be had stays', async () => {
    const dead = new Set<string>();
    const { clock, directory, seen } = setup(['c0'], dead);
    directory.start();
    await clock.advance(1000);
    const first = directory.current('c0');
    dead.add('c0');
    await clock.advance(config.refresh + 10_500);
    expect(seen).toHaveLength(2);
    expect(directory.current('c0')).toMatchObject({ minimum_met: true, validated_at: first?.validated_at });
    expect(directory.current('c0')?.warnings.join()).toContain('could not be asked again');
    dead.clear();
    await clock.advance(20_000);
    expect(directory.current('c0')?.error).toBeNull();
    await directory.stop();
  });

  test('PER-2: a partial answer does not forget what the credential can write', async () => {
    const answered = reviews.replace(
      /("verb":"delete"[^}]*"resource":"pods"[^}]*\}\},"status":\{"allowed":)false/,
      '$1true',
    );
    let review = exit(answered);
    const { clock, directory } = setup(['c0'], new Set(), 100, () => review);
    directory.start();
    await clock.advance(1000);
    expect(directory.current('c0')).toMatchObject({ can_write: ['delete pods'], can_get_nodes: true, error: null });
    review = { ...exit(''), exitCode: 1, stderr: 'the server was unable to return a response' };
    await clock.advance(config.refresh);
    expect(directory.current('c0')).toMatchObject({
      minimum_met: true,
      can_write: ['delete pods'],
      can_get_nodes: true,
      error: 'the server was unable to return a response',
    });
    review = exit(reviews);
    await clock.advance(20_000);
    expect(directory.current('c0')).toMatchObject({ can_write: [], error: null });
    await directory.stop();
  });

  test('refresh asks all again at once', async () => {
    const { clock, directory, seen } = setup(names(3), new Set());
    directory.start();
    await clock.advance(1000);
    directory.refresh();
    await clock.advance(1000);
    expect(seen).toHaveLength(6);
    directory.refresh('c1');
    await clock.advance(1000);
    expect(seen.at(-1)?.cluster).toBe('c1');
    expect(seen).toHaveLength(7);
    await directory.stop();
  });

  test('a stop ends what runs and leaves no timer', async () => {
    const { clock, directory, running } = setup(names(5), new Set(names(5)));
    directory.start();
    await clock.advance(100);
    const waiting = directory.firstAnswer('c4');
    await directory.stop();
    expect(await waiting).toBeNull();
    expect(running()).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('PER-1: a fault before the first answer', () => {
  test('gets the answer as soon as it is there, before clusters that nobody waits for', async () => {
    const { clock, directory, seen } = setup(names(50), new Set());
    directory.start();
    const answer = directory.firstAnswer('c49');
    await clock.advance(1000);
    expect((await answer)?.minimum_met).toBe(true);
    expect(seen.length).toBeLessThan(10);
    await directory.stop();
  });

  test('waits no longer than permissions.timeout', async () => {
    const { clock, directory } = setup(names(1), new Set(), 60_000);
    directory.start();
    const answer = directory.firstAnswer('c0');
    await clock.advance(config.timeout);
    expect(await answer).toBeNull();
    await directory.stop();
  });

  test('an unknown cluster and one without triage have no answer to wait for', async () => {
    const { directory } = setup([], new Set());
    expect(await directory.firstAnswer('other')).toBeNull();
    expect(directory.current('other')).toBeNull();
  });
});

test('PER-3: checks are counted by result', async () => {
  const { clock, directory, events } = setup(names(3), new Set(['c0']));
  const registry = new Registry();
  registerPermissionMetrics(registry, events);
  directory.start();
  await clock.advance(3000);
  const text = await registry.metrics();
  expect(text).toContain('nightcrier_permission_checks_total{result="met"} 2');
  expect(text).toContain('nightcrier_permission_checks_total{result="denied"} 0');
  expect(text).toContain('nightcrier_permission_checks_total{result="unknown"} 1');
  await directory.stop();
});

describe('CFG-7, PER-3: other clusters', () => {
  const target = (name: string, kubeconfig = name) => ({ name, kubeconfig, context: null, allowSecrets: false });

  test('new ones are asked, those that stay keep their answer, and one with another credential has none until it is asked', async () => {
    const { clock, directory, seen } = setup(['kept', 'moved', 'gone'], new Set());
    directory.start();
    await clock.advance(2000);
    expect(seen).toHaveLength(3);
    directory.use([target('kept'), target('moved', 'another'), target('new')]);
    expect(directory.current('kept')?.minimum_met).toBe(true);
    expect(['moved', 'gone', 'new'].map((name) => directory.current(name))).toEqual([null, null, null]);
    await clock.advance(2000);
    expect(
      seen
        .slice(3)
        .map(({ cluster }) => cluster)
        .sort(),
    ).toEqual(['moved', 'new']);
    await directory.stop();
  });

  test('who waits for the answer of a cluster that goes is let go, and its late answer counts for nothing', async () => {
    const { clock, directory, seen } = setup(['c0'], new Set());
    directory.start();
    await clock.advance(10);
    const first = directory.firstAnswer('c0');
    directory.use([]);
    expect(await first).toBeNull();
    await clock.advance(20_000);
    expect(seen).toEqual([]);
    expect(directory.current('c0')).toBeNull();
    await directory.stop();
  });
});
