import { readTools } from '../src/sim/mcp/read-tools.ts';
import { recordedState } from './recorded-state.ts';
import type { ToolCaller } from '../src/domain/ports.ts';
import { Sweeper } from '../src/cluster/sweep/sweeper.ts';
import type { FaultSignal } from '../src/domain/fault.ts';
import { systemClock } from '../src/lib/clock.ts';
import { OwnerLookup } from '../src/kube/owner.ts';
import type { Recording } from './recording.ts';
import { table } from './table.ts';

/** Why no sweep can find the focus of these, by recording. */
const whyNot: Readonly<Record<string, string>> = {
  '034-wrong-port-env':
    'Every object is healthy and every pod ready. Only the log of the caller tells that its requests go to a port on which nothing listens; a sweep reads no logs.',
  '067-target-port':
    'Every pod is ready and the Service has endpoints. A number as target port that no container declares proves nothing: Kubernetes lets a container listen on ports that it does not declare. Only the log of the caller tells.',
  '070-named-port':
    'The caller of the alert is healthy by all its objects. The sweep finds the cause itself instead: the Service whose target port has no number (`ServiceWithoutEndpoints`).',
};

/** Ids of the recordings whose focus no sweep can find. */
export const cannotFind: ReadonlySet<string> = new Set(Object.keys(whyNot));

export interface Found {
  readonly recording: Recording;
  /** Findings whose root owner is the focus. */
  readonly focus: readonly FaultSignal[];
  readonly all: readonly FaultSignal[];
}

/** One sweep over a recording as it was, through the read tools of a server, and what of it concerns the focus. */
export async function sweepRecording(recording: Recording): Promise<Found> {
  const { truth, dump } = recording;
  // What stands in a recording stands for a while: faults younger than the graces of the detectors are not findings yet.
  const now = Date.parse(truth.recorded_at ?? '') + settledAfterMs;
  const state = recordedState(dump);
  const tools: ToolCaller = {
    callTool: async (name, args, signal) => {
      const answer = await readTools[name]?.(state, args, now, signal);
      const text = answer?.content.map((part) => part.text).join('') ?? `unknown tool ${name}`;
      return { text, structured: null, isError: answer?.isError ?? answer === undefined };
    },
  };
  const signal = new AbortController().signal;
  const { report } = await new Sweeper({ clock: { ...systemClock, now: () => now } }).run(
    'recorded',
    tools,
    '',
    [],
    signal,
  );
  const owners = new OwnerLookup(state);
  const focus: FaultSignal[] = [];
  for (const finding of report.findings) {
    const { owner } = await owners.find(finding.resource, signal);
    const same =
      owner.kind === truth.focus.kind && owner.name === truth.focus.name && owner.namespace === truth.focus.namespace;
    const within = truth.focus.kind === 'Namespace' && finding.resource.namespace === truth.focus.name;
    if (same || within) focus.push(finding);
  }
  return { recording, focus, all: report.findings };
}

const settledAfterMs = 10 * 60_000;

/** The states of a set, by its name. */
export type StatesBySet = Readonly<Record<string, readonly Recording[]>>;

/** The part of the page about what a sweep alone finds. */
export async function sweepPart(sets: StatesBySet): Promise<string> {
  const rows: string[][] = [];
  const reasons: string[] = [];
  for (const [name, recordings] of Object.entries(sets)) {
    const found: Found[] = [];
    for (const recording of recordings) found.push(await sweepRecording(recording));
    const faults = found.filter(({ recording }) => recording.truth.is_fault);
    const controls = found.filter(({ recording }) => recording.truth.is_fault === false);
    const missed = faults.filter(({ focus }) => focus.length === 0);
    const alarms = controls.filter(({ focus }) => focus.length > 0);
    const ids = (some: readonly Found[]): string => some.map(({ recording }) => recording.truth.id).join(', ');
    rows.push([
      name,
      `${faults.length - missed.length} of ${faults.length}`,
      ids(missed),
      `${alarms.length} of ${controls.length}`,
      ids(alarms),
    ]);
    reasons.push(...missed.flatMap(({ recording: { truth } }) => reasonOf(truth.id, truth.title)));
  }
  return `## What a sweep alone finds

Without any alert, one sweep of each state finds the object of the alert, or does not; a finding about the object of a control is a
false alarm.

${table(['set', 'faults found', 'not found', 'false alarms', 'about'], rows)}

Why some cannot be found:

${reasons.join('\n')}
`;
}

function reasonOf(id: string, title: string): string[] {
  const why = whyNot[id];
  return why === undefined ? [] : [`- ${id} (${title}): ${why}`];
}
