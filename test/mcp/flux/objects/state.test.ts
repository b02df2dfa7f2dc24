import { describe, expect, test } from 'vitest';
import type { FluxObject } from '../../../../src/mcp/flux/objects/flux-object.ts';
import { type FluxState, stateOf } from '../../../../src/mcp/flux/objects/state.ts';
import { recordedCases, recordedReleases } from '../../../support/flux.ts';

interface Facts {
  readonly suspend?: unknown;
  readonly generation?: number;
  readonly observed?: unknown;
  /** Type, status, reason. */
  readonly conditions?: readonly (readonly [string, string, string?])[] | null;
}

function made({ suspend, generation = 2, observed = 2, conditions = [] }: Facts): FluxObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'k', namespace: 'flux-system', generation },
    spec: { suspend },
    status: {
      observedGeneration: observed,
      conditions: conditions?.map(([type, status, reason]) => ({ type, status, reason: reason ?? '' })) ?? null,
    },
  };
}

const table: readonly (readonly [string, Facts, FluxState])[] = [
  ['suspended, whatever it says', { suspend: true, conditions: [['Ready', 'True']] }, 'suspended'],
  ['suspended and failed before', { suspend: true, conditions: [['Ready', 'False', 'BuildFailed']] }, 'suspended'],
  ['suspended when it was made', { suspend: true, observed: -1, conditions: null }, 'suspended'],
  ['resumed', { suspend: false, conditions: [['Ready', 'True']] }, 'ready'],
  ['without a condition', { observed: -1, conditions: [] }, 'pending'],
  ['without conditions at all', { observed: undefined, conditions: null }, 'pending'],
  [
    'stalled',
    {
      conditions: [
        ['Ready', 'False', 'InvalidCELExpression'],
        ['Stalled', 'True'],
      ],
    },
    'stalled',
  ],
  [
    'stalled goes before blocked',
    {
      conditions: [
        ['Ready', 'False', 'DependencyNotReady'],
        ['Stalled', 'True'],
      ],
    },
    'stalled',
  ],
  [
    'no longer stalled',
    {
      conditions: [
        ['Ready', 'True'],
        ['Stalled', 'False'],
      ],
    },
    'ready',
  ],
  ['blocked', { conditions: [['Ready', 'False', 'DependencyNotReady']] }, 'blocked'],
  [
    'failed and tried again: Reconciling is no progress',
    {
      observed: -1,
      conditions: [
        ['Reconciling', 'True', 'ProgressingWithRetry'],
        ['Ready', 'False', 'BuildFailed'],
      ],
    },
    'failed',
  ],
  ['unknown', { observed: -1, conditions: [['Ready', 'Unknown', 'Progressing']] }, 'progressing'],
  ['Reconciling alone', { conditions: [['Reconciling', 'True', 'Progressing']] }, 'progressing'],
  ['ready', { conditions: [['Ready', 'True', 'ReconciliationSucceeded']] }, 'ready'],
  ['ready for the spec of before', { generation: 3, conditions: [['Ready', 'True']] }, 'progressing'],
  ['ready and never observed', { observed: -1, conditions: [['Ready', 'True']] }, 'progressing'],
];

describe('the state, in the order in which it is looked at', () => {
  test.each(table)('%s', (_, facts, state) => {
    expect(stateOf(made(facts))).toBe(state);
  });

  const recorded = [...recordedCases, ...recordedReleases].map((one) => [one.object.kind, one.case, one] as const);

  test.each(recorded)('recorded %s: %s (FLX-1)', (_kind, _case, { object, state }) => {
    expect(stateOf(object)).toBe(state);
  });

  test('what has another form than Flux writes breaks nothing', () => {
    const base = { apiVersion: 'v1', kind: 'Kustomization', metadata: { name: 'k' } };
    expect(stateOf(base)).toBe('pending');
    const strange = { ...base, spec: null, status: { conditions: 'x' } } as unknown as FluxObject;
    expect(stateOf(strange)).toBe('pending');
    const odd = { ...base, status: { conditions: [null, 3, { type: 'Ready', status: 7 }] } } as unknown as FluxObject;
    expect(stateOf(odd)).toBe('progressing');
  });
});
