import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { World } from '../../sim/objects/world.ts';

export interface ExpectedFault {
  readonly cluster: string;
  /** The type of its first signal. */
  readonly faultType: string;
  readonly owner: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  /** A right cause names all of these. */
  readonly causeWords: readonly string[];
}

/** What a step of a script may do. */
export interface Stage {
  readonly world: World;
  /** Lets the push server notice an object, when it is of the kind that it notices. */
  notice(object: KubeObject): void;
}

export interface ScriptStep {
  /** Milliseconds after the start of the play. */
  readonly at: number;
  run(stage: Stage): void;
}

/** One fault of the demo: how the cluster is before it, and what happens in its first seconds. */
export interface FaultScript extends ExpectedFault {
  setUp(world: World): void;
  /** Steps of one play; what they make is handed from one to the next inside. */
  steps(): readonly ScriptStep[];
}
