import { describe, expect, test } from 'vitest';
import type { CliContext, CliDeps } from '../../src/cli/context.ts';
import { buildProgram } from '../../src/cli/commands/program.ts';
import type { NamedObject } from '../../src/domain/fault.ts';
import { cli } from '../support/cli-run.ts';
import { answeredIncident, sampleFault, sampleRun } from '../support/incident-samples.ts';
import { sampleListedFault } from '../support/listed-fault-sample.ts';
import { MemoryReader } from '../support/memory-reader.ts';
import { stateDir } from '../support/state-dir.ts';

/** Every command that takes an object, and how the object that it understood is seen. */
const commands: Record<string, (argv: readonly string[]) => Promise<Understood>> = {
  why: async (argv) => {
    const asked: NamedObject[] = [];
    const reader = Object.assign(new MemoryReader(), {
      why: async (_cluster: string, ref: NamedObject) => {
        asked.push(ref);
        return [sampleListedFault(1, 'opened')];
      },
      close: async () => {},
    });
    return run('why', argv, asked, { openReader: async () => reader });
  },
  triage: async (argv) => {
    const asked: NamedObject[] = [];
    const triageOnce: CliDeps['triageOnce'] = async ({ ref }) => {
      asked.push(ref);
      return { incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()] };
    };
    return run('triage', argv, asked, { triageOnce });
  },
};

interface Understood {
  readonly code: number;
  readonly err: string;
  readonly object: string | null;
}

async function run(
  command: string,
  argv: readonly string[],
  asked: readonly NamedObject[],
  deps: Partial<CliDeps>,
): Promise<Understood> {
  const { cwd } = await stateDir();
  const env = { UNSET: 'x' };
  const { code, err } = await cli([command, 'main', ...argv], { cwd, deps, env });
  const [ref] = asked;
  return { code, err, object: ref ? [ref.kind, ref.namespace ?? '', ref.name].join('/') : null };
}

test('UX-17: no command takes an object that is not in this table', () => {
  const program = buildProgram({ io: {}, deps: {} } as CliContext);
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  const taking = all.filter((command) => command.registeredArguments.some((it) => it.name() === 'object'));
  expect(taking.map((command) => command.name()).toSorted()).toEqual(Object.keys(commands).toSorted());
});

describe.each(Object.keys(commands))('UX-17: %s takes an object as kubectl does', (command) => {
  test.for([
    ['deploy/shop/checkout', 'Deployment/shop/checkout'],
    ['deployment/shop/checkout', 'Deployment/shop/checkout'],
    ['deployments.apps/checkout -n shop', 'Deployment/shop/checkout'],
    ['deploy checkout --namespace shop', 'Deployment/shop/checkout'],
    ['-n shop po cart-0', 'Pod/shop/cart-0'],
    ['pods/shop/cart-0', 'Pod/shop/cart-0'],
    ['PO/shop/cart-0', 'Pod/shop/cart-0'],
    ['node/worker-04', 'Node//worker-04'],
    ['no worker-04', 'Node//worker-04'],
    ['nodes//worker-04 -n shop', 'Node//worker-04'],
    ['pvc/media/assets', 'PersistentVolumeClaim/media/assets'],
  ] as const)('%s', async ([line, object]) => {
    const understood = await commands[command]?.(line.split(' '));
    expect(understood).toMatchObject({ code: 0, object });
  });

  test.for([
    ['checkout', 'NC-CLI-003'],
    ['node/shop/worker-04', 'NC-CLI-003'],
    ['deploy/shop/checkout -n other', 'NC-CLI-003'],
    ['deploy/shop/checkout/extra', 'NC-CLI-003'],
  ] as const)('%s is no object: exit 2 with a code, and nobody is asked', async ([line, code]) => {
    const understood = await commands[command]?.(line.split(' '));
    expect(understood).toMatchObject({ code: 2, object: null, err: expect.stringContaining(code) });
  });
});
