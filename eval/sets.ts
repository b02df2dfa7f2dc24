import path from 'node:path';

/** A set of states that the project carries, each with figures of its own. */
export interface EvalSet {
  readonly name: string;
  readonly dir: string;
  /** How its states were made and by whom, for the page. */
  readonly made: string;
}

const folder = path.join(import.meta.dirname, 'sets');

/** States recorded from a real cluster; the set that most tests use. */
export const recordingsDir = path.join(folder, 'recordings');

export const evalSets: readonly EvalSet[] = [
  {
    name: 'recordings',
    dir: recordingsDir,
    made: `Recorded from a real cluster (Kubernetes 1.34, kubelet, containerd) while the fault was real; the programs are small ones made for
it. The rules were written with these states in sight, so these figures show that nothing got lost, not how well unseen states are answered.`,
  },
  {
    name: 'reports',
    dir: path.join(folder, 'reports'),
    made: `Built after public reports of people who run Kubernetes, in which the true cause is stated; each state names its reports. Names are
invented, messages are those that Kubernetes and the programs print, objects and times are modelled, not recorded.`,
  },
  {
    name: 'public',
    dir: path.join(folder, 'public'),
    made: `Built by us after further public reports, one address each, a third of them states in which nothing is wrong. Whoever built them wrote
the truth first and did not look at the rules; whoever wrote rules did not see the states until the blind figure was taken. Names are
invented, messages are those that Kubernetes and the programs print, objects and times are modelled, not recorded.`,
  },
];

/** @throws Error for a name that no set has */
export function evalSet(name: string): EvalSet {
  const found = evalSets.find((set) => set.name === name);
  if (!found) throw new Error(`no set ${name}: ${evalSets.map((set) => set.name).join(', ')}`);
  return found;
}
