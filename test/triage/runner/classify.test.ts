import { expect, test } from 'vitest';
import { classifyEnd, type Remains } from '../../../src/triage/runner/classify.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';

function ended(exitCode: number, stderr = '', reason: SpawnResult['reason'] = 'exit'): SpawnResult {
  return { reason, exitCode, exitSignal: null, stdout: '', stderr, droppedBytes: 0, durationMs: 1, error: null };
}

const state = { started: true, exitCode: 1, outOfMemory: false, error: '' };
const image = { forAgents: true };
const lost = 'error waiting for container: unexpected EOF';
const gone: Remains = { engine: 'answers', created: true, image, container: null };
const never: Remains = { ...gone, created: false };
const silent: Remains = { engine: 'silent', created: true, image: null, container: null };
const left = (change: Partial<typeof state>, its: Remains['image'] = null): Remains => ({
  engine: 'answers',
  created: true,
  image: its,
  container: { ...state, ...change },
});

test.each<[string, SpawnResult, Remains, string | null]>([
  ['a good end', ended(0), left({ exitCode: 0 }), null],
  ['a good end in spite of a process that was killed for memory', ended(0), left({ outOfMemory: true }), null],
  ['our time limit', ended(137, '', 'timeout'), gone, null],
  ['a stop of ours', ended(143, '', 'aborted'), gone, null],
  ["the agent's own code", ended(3), left({ exitCode: 3 }), null],
  ["the agent's own 125", ended(125), left({ exitCode: 125 }), null],
  [
    'no program',
    ended(125, 'no such program: docker'),
    { ...silent, engine: 'absent', created: false },
    'engine_absent',
  ],
  ['no answer', ended(125, 'Cannot connect'), { ...silent, created: false }, 'engine_unavailable'],
  ['stopped meanwhile', ended(143), silent, 'engine_lost'],
  ['killed meanwhile', ended(125, lost), silent, 'engine_lost'],
  ['killed, and back', ended(125, lost), left({ exitCode: 143 }), 'engine_lost'],
  ['killed, back, and cleaned', ended(125, lost), gone, 'engine_lost'],
  ['no image', ended(125, 'No such image'), { ...never, image: null }, 'image_missing'],
  ['refused', ended(125, 'network x not found'), never, 'container_not_started'],
  ['refused when started', ended(125), left({ started: false, error: 'mount' }, image), 'container_not_started'],
  ['no entry program', ended(127), left({ started: false }, image), 'image_unsuitable'],
  ['an entry program that cannot be run', ended(126), left({ started: false }, image), 'image_unsuitable'],
  ['a foreign image', ended(125), left({ started: false }, { forAgents: false }), 'image_unsuitable'],
  [
    'a foreign image whose first program runs',
    ended(127),
    left({ exitCode: 127 }, { forAgents: false }),
    'image_unsuitable',
  ],
  ['no agent', ended(127), left({ exitCode: 127 }), 'agent_not_installed'],
  ['an agent that cannot be run', ended(126), left({ exitCode: 126 }), 'agent_not_executable'],
  ['memory', ended(137), left({ exitCode: 137, outOfMemory: true }), 'out_of_memory'],
  ['stopped by somebody', ended(143), left({ exitCode: 143 }), 'container_stopped'],
  ['removed by somebody', ended(137), gone, 'container_removed'],
])('TRI-4: told apart around a container: %s', (_, run, remains, expected) => {
  expect(classifyEnd(run, remains)?.fault ?? null).toBe(expected);
});
