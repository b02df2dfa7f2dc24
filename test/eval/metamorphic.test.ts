import { describe, expect, test } from 'vitest';
import { evaluateThrough } from '../../eval/evaluate.ts';
import { recordedState } from '../../eval/recorded-state.ts';
import { loadRecordings, type Recording } from '../../eval/recording.ts';
import { evalSets } from '../../eval/sets.ts';
import { type ClusterReader, ReadError } from '../../src/kube/cluster-reader.ts';
import type { Cause } from '../../src/domain/verdict/verdict.ts';
import { entityKey } from '../../src/analyst/model/entities.ts';
import type { World } from '../../src/sim/objects/world.ts';
import { changesEvidence } from './transform/changes-evidence.ts';
import { addStartNoise, withQuietLines, withSidecars } from './transform/noise.ts';
import { withOtherImages } from './transform/other-images.ts';
import { plants } from './transform/plants.ts';
import { renamed } from './transform/rename.ts';
import { shifted, shiftText } from './transform/shift-times.ts';
import {
  addBystanders,
  addUnrelatedCrash,
  addUnrelatedPull,
  shuffling,
  withCutMessages,
  withShuffledLists,
  worldOf,
} from './transform/surroundings.ts';
import { firstCause, type FirstCause } from './transform/first-cause.ts';

/** A recording changed in what must not matter, and what a text of it is called then. */
interface Changed {
  readonly recording: Recording;
  readonly reader: ClusterReader;
  readonly named: (text: string) => string;
}

const same = (text: string): string => text;
const plain = (recording: Recording): Changed => ({ recording, reader: recordedState(recording.dump), named: same });

const focusNamespace = ({ truth: { focus } }: Recording): string | null =>
  focus.kind === 'Namespace' ? focus.name : focus.namespace;

/** A fault of another workload in the namespace; where the state is about the whole namespace, that is its own. */
function beside(recording: Recording, add: (world: World, namespace: string) => void): Changed | null {
  const namespace = focusNamespace(recording);
  if (namespace === null || recording.truth.focus.kind === 'Namespace') return null;
  const state = recordedState(recording.dump);
  add(worldOf(state, recording.truth.recorded_at), namespace);
  return { ...plain(recording), reader: state };
}

/** Null: it would change nothing about this recording. */
const changes: Readonly<Record<string, (recording: Recording) => Changed | null>> = {
  'other names': (recording) => {
    const { recording: changed, rename } = renamed(recording);
    return { ...plain(changed), named: rename };
  },
  'other images': (recording) => {
    const { recording: changed, rename } = withOtherImages(recording);
    return { ...plain(changed), named: rename };
  },
  'other times': (recording) => {
    const year = new Date(Date.parse(recording.truth.recorded_at ?? '')).getUTCFullYear();
    return { ...plain(shifted(recording, -37)), named: (text) => shiftText(text, -37, year) };
  },
  'lists in another order': (recording) => {
    const changed = { ...recording, dump: withShuffledLists(recording.dump) };
    return { ...plain(changed), reader: shuffling(recordedState(changed.dump)) };
  },
  'an unrelated crash in the namespace': (recording) => beside(recording, addUnrelatedCrash),
  'an unrelated image that cannot be pulled': (recording) => beside(recording, addUnrelatedPull),
  'fifty healthy bystanders in the namespace': (recording) => {
    const namespace = focusNamespace(recording);
    if (namespace === null) return null;
    const state = recordedState(recording.dump);
    addBystanders(worldOf(state, recording.truth.recorded_at), namespace, 50);
    return { ...plain(recording), reader: state };
  },
  'warnings of the first seconds': (recording) => {
    const state = recordedState(recording.dump);
    addStartNoise(state, recording);
    return { ...plain(recording), reader: state };
  },
  'quiet lines before every log': (recording) => plain({ ...recording, dump: withQuietLines(recording.dump) }),
  'a sidecar that runs well': (recording) => plain({ ...recording, dump: withSidecars(recording.dump) }),
  'messages of events cut at 1,024 bytes': (recording) =>
    plain({ ...recording, dump: withCutMessages(recording.dump, 1024) }),
};

const states = evalSets.flatMap(({ dir }) => loadRecordings(dir));

describe('QUA-2: what must not matter changes no verdict', () => {
  const before = new Map<string, FirstCause>();

  test.each(Object.entries(changes))(
    '%s',
    async (name, change) => {
      const different: string[] = [];
      for (const recording of states) {
        const { id } = recording.truth;
        const changed = change(recording);
        if (changed === null || changesEvidence[name]?.[id] !== undefined) continue;
        const was = before.get(id) ?? firstCause(await evaluateThrough(recordedState(recording.dump), recording.truth));
        before.set(id, was);
        const now = firstCause(await evaluateThrough(changed.reader, changed.recording.truth));
        const wanted = JSON.stringify(was, (_key, value: unknown) =>
          typeof value === 'string' ? changed.named(value) : value,
        );
        if (JSON.stringify(now) !== wanted) different.push(`${id}: ${JSON.stringify(now)}, was ${wanted}`);
      }
      expect(different).toEqual([]);
    },
    60_000,
  );

  test('the names and the times are others indeed', () => {
    for (const recording of states) {
      const { recording: changed } = renamed(recording);
      const { id, focus, recorded_at: at = '' } = recording.truth;
      // The parts of Kubernetes itself keep their names.
      const namespace = focus.namespace === 'kube-system' ? null : (focusNamespace(recording) ?? focus.name);
      const isLeft = namespace !== null && JSON.stringify(changed.dump).includes(`"${namespace}"`);
      expect({ id, isLeft }).toEqual({ id, isLeft: false });
      const isOld = JSON.stringify(shifted(recording, -37).dump).includes(at.slice(0, 13));
      expect({ id, isOld }).toEqual({ id, isOld: false });
    }
  });

  test('every exception is of a state that there is', () => {
    const ids = new Set(states.map(({ truth }) => truth.id));
    for (const [name, exceptions] of Object.entries(changesEvidence)) {
      expect([...Object.keys(changes), ...Object.keys(plants)]).toContain(name);
      expect(Object.keys(exceptions).filter((id) => !ids.has(id))).toEqual([]);
    }
  });
});

describe('QUA-2: a real fault planted in a state that is well is named', () => {
  const controls = states.filter(({ truth }) => truth.is_fault === false);

  test.each(Object.entries(plants))(
    '%s',
    async (name, plant) => {
      const missed: string[] = [];
      let planted = 0;
      for (const recording of controls) {
        const { id } = recording.truth;
        const made = plant(recording);
        if (made === null || changesEvidence[name]?.[id] !== undefined) continue;
        planted += 1;
        const { answer } = await evaluateThrough(made.state, recording.truth);
        const named = answer.verdict.causes.some(
          ({ entity, mechanism }) =>
            mechanism === made.mechanism && made.entities.some((it) => entityKey(it) === entityKey(entity)),
        );
        if (!answer.verdict.is_fault || !named) missed.push(`${id}: ${answer.verdict.summary}`);
      }
      expect(missed).toEqual([]);
      expect(planted).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe('QUA-2: what may not be read makes no cause that is told for sure wrong', () => {
  const kinds = [
    'Event',
    'Secret',
    'ConfigMap',
    'Node',
    'ReplicaSet',
    'Service',
    'EndpointSlice',
    'Namespace',
    'the log',
  ];

  test.each(kinds)(
    '%s',
    async (kind) => {
      const wrong: string[] = [];
      for (const recording of states) {
        const state = recordedState(recording.dump);
        const whole = await evaluateThrough(state, recording.truth);
        const { answer, scores } = await evaluateThrough(denying(state, kind), recording.truth);
        if (!scores || scores.high_claims === scores.high_right) continue;
        const known = new Set(whole.answer.verdict.causes.map(causeText));
        const sure = answer.verdict.causes.filter((it) => it.confidence === 'high' && !known.has(causeText(it)));
        wrong.push(...sure.map((it) => `${recording.truth.id}: ${causeText(it)}`));
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});

const causeText = ({ entity, mechanism }: Cause): string => `${mechanism} of ${entityKey(entity)}`;

/** A credential that may read all but one kind. */
function denying(reader: ClusterReader, denied: string): ClusterReader {
  const refused = (kind: string): void => {
    if (kind === denied) throw new ReadError('forbidden', `${kind} is forbidden`);
  };
  return {
    get: async (...args) => {
      refused(args[1]);
      return reader.get(...args);
    },
    list: async (...args) => {
      refused(args[1]);
      return reader.list(...args);
    },
    logs: async (...args) => {
      refused('the log');
      return reader.logs(...args);
    },
  };
}
