import type { EngineFault, EngineFaultName } from '../../domain/ports.ts';
import type { SpawnResult } from '../../lib/process/spawn.ts';
import { oneLine } from '../../lib/text.ts';
import type { ContainerState, EngineAnswer } from './engine.ts';

/** What is left of a run to look at, when the program that started its container has ended. */
export interface Remains {
  readonly engine: EngineAnswer;
  /** Whether the engine made a container: it answered when the run began. */
  readonly created: boolean;
  /** Null when the engine knows no such image, or could not be asked. */
  readonly image: { readonly forAgents: boolean } | null;
  /** Null when the engine knows no such container, or could not be asked. */
  readonly container: ContainerState | null;
}

/** Codes with which `docker run` and `podman run` tell what they did themselves. */
const engineFailed = 125;
const cannotBeRun = 126;
const notThere = 127;
/** Of the entry program, when it was told to end; by whom else than us. */
const stopped = 143;

/**
 * Says what went wrong around an agent in a container; null when it is the agent's own doing or ours (time limit, stop,
 * too much output). Pure.
 */
export function classifyEnd(run: SpawnResult, remains: Remains): EngineFault | null {
  if (run.reason !== 'exit' || run.exitCode === 0) return null;
  const { container, created, engine } = remains;
  if (engine === 'absent') return fault('engine_absent', lastLine(run.stderr));
  if (engine === 'silent') return fault(created ? 'engine_lost' : 'engine_unavailable', lastLine(run.stderr));
  return container === null ? withoutContainer(run, remains) : inContainer(run, container, remains);
}

function withoutContainer(run: SpawnResult, { created, image }: Remains): EngineFault {
  if (run.exitCode !== engineFailed) return fault('container_removed', `exit code ${run.exitCode}`);
  if (created) return fault('engine_lost', lastLine(run.stderr));
  return fault(image === null ? 'image_missing' : 'container_not_started', lastLine(run.stderr));
}

function inContainer(run: SpawnResult, container: ContainerState, { image }: Remains): EngineFault | null {
  const { exitCode, stderr } = run;
  const noProgram = exitCode === notThere || exitCode === cannotBeRun;
  if (!container.started) {
    const unsuitable = noProgram || image?.forAgents === false;
    return fault(unsuitable ? 'image_unsuitable' : 'container_not_started', container.error || lastLine(stderr));
  }
  if (container.outOfMemory) return fault('out_of_memory', `exit code ${exitCode}`);
  // The engine's program gave up on a container that ran: its connection broke.
  if (exitCode === engineFailed && container.exitCode !== engineFailed) return fault('engine_lost', lastLine(stderr));
  if (exitCode === stopped) return fault('container_stopped', 'SIGTERM from outside');
  if (!noProgram) return null;
  if (image?.forAgents === false) return fault('image_unsuitable', lastLine(stderr));
  return fault(exitCode === notThere ? 'agent_not_installed' : 'agent_not_executable', lastLine(stderr));
}

function fault(name: EngineFaultName, detail: string): EngineFault {
  return { fault: name, detail: oneLine(detail, 300) };
}

/** What the engine's program said, without its advice to read its help. */
function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^See |--help' for more/.test(line));
  return lines.at(-1) ?? '';
}
