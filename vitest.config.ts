import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

// Tests start many processes and threads of the sources; without a cache each one strips and compiles them all again.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules/.cache/compile');

/** Whole daemons and control planes: what mostly waits begins first, so that the rest fills the time. */
const slow =
  /\/test\/(e2e|eval)\/|stock-server|daemon-outputs|process-signals|permissions\/probe|scripts\/mcp-k8s|models\/agent-clis|agents-investigate|docker-runner/;

class SlowFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: (typeof sorted)[number]): boolean => slow.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

/** What looks at its own process (memory, handles, loaded modules) or fills it with load gets one of its own. */
const alone = [
  'test/{app,e2e}/**/*.test.ts',
  'test/cli/loaded-modules.test.ts',
  'test/cluster/connection/{flood,hostile-server}.test.ts',
  'test/triage/output/hostile-agents.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // Whole daemons share two cores there; what needed its second try is told by the reporter.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    hookTimeout: 60_000,
    // Much of a test's time is waiting for another process.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      // The others take their turns in the same processes: starting one and loading all again is half of their time.
      { extends: true, test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 85 },
    },
  },
});
