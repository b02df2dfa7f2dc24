import { expect, test } from 'vitest';
import { rankCauses } from '../../../src/analyst/rank/rank-causes.ts';
import type { Conclusion } from '../../../src/analyst/rules/rule.ts';
import type { Entity } from '../../../src/domain/verdict/verdict.ts';

const deployment = (name: string): Entity => ({ kind: 'Deployment', namespace: 'shop', name });
const peers = ['apples', 'bread', 'cheese'].map(deployment);

/** One bad build in several Deployments: each is a conclusion of its own that affects all of them. */
const shared = (entity: Entity): Conclusion => ({
  rule: 'sample',
  entity,
  mechanism: 'bad_image_release',
  wrongValue: '2.0',
  statement: 'x',
  confidence: 'high',
  weight: 70,
  affects: peers,
  evidence: [],
  ruledOut: [],
  remediation: [],
});

test.each(peers.map((it) => [it.name, it] as const))(
  'QUA-1: of equally strong causes that several objects share, the one about %s itself is told when it alerted',
  (_name, alerted) => {
    const focus = { entities: [alerted], workloads: [], namespace: null };
    const { causes, rivals } = rankCauses(peers.map(shared), [], focus);
    expect(causes.map(({ conclusion }) => conclusion.entity)).toEqual([alerted]);
    expect(rivals).toHaveLength(2);
  },
);
