import type { FaultScript } from './fault-script.ts';
import { crashScripts } from './script-crash.ts';
import { jobScripts } from './script-job.ts';
import { nodeScripts } from './script-node.ts';
import { rolloutScripts } from './script-rollout.ts';
import { waitingScripts } from './script-waiting.ts';

/** Every fault of the demo. */
export const faultScripts: readonly FaultScript[] = [
  ...crashScripts,
  ...rolloutScripts,
  ...nodeScripts,
  ...jobScripts,
  ...waitingScripts,
];
