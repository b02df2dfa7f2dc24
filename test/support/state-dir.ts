import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { StateStore } from '../../src/domain/state-store.ts';
import { limits, openTestStore, receive, runResult } from '../storage/store-fixture.ts';
import { kubeconfigText, minimal } from './config-dir.ts';
import { tempDir } from './temp-dir.ts';
import { owner, signal, startOfTime } from './signals.ts';

const minute = 60_000;

/** A configuration with the state of a daemon that is still running. */
export async function stateDir(): Promise<{ cwd: string; store: StateStore }> {
  const cwd = tempDir({
    'nightcrier.yaml': minimal('health: {port: 0}\nnotify: {slack: {bot_token: "${UNSET}", channel: "#x"}}'),
    'k.yaml': kubeconfigText(),
  });
  const file = path.join(cwd, 'data/nightcrier.db');
  mkdirSync(path.dirname(file));
  const { store } = await openTestStore({}, file);
  return { cwd, store };
}

/** One fault and its incident in cluster `main`, answered. */
export async function answeredIn(
  store: StateStore,
  cause: string | null = 'ConfigMap shop/settings has no key REDIS_URL',
) {
  await receive(store, [signal({ cluster: 'main' })], { owner: owner() });
  const claim = await store.claimRun(limits, startOfTime + minute);
  if (claim === null) throw new Error('no run is due');
  const summary = {
    evidence: [],
    nextSteps: [{ text: 'Add the key', command: 'kubectl -n shop edit configmap settings', reversible: true }],
    claimsBacked: 1,
    claims: 1,
    missing: [],
  };
  return store.finishRun(claim.run.id, runResult({ cause, summary }), startOfTime + 2 * minute);
}

/** Some minutes after all of it. */
export const now = startOfTime + 5 * minute;
