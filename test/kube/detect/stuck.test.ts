import { describe, expect, test } from 'vitest';
import { detect } from '../../../src/kube/detect/detect.ts';
import { ago, now, object } from '../../support/kube-objects.ts';

describe('CON-5: a namespace whose deletion does not end', () => {
  const namespace = (seconds: number, conditions: readonly object[] = []) =>
    object('Namespace', 'old', {
      metadata: { namespace: undefined, deletionTimestamp: ago(seconds) },
      status: { phase: 'Terminating', conditions },
    });

  test('is stuck, with what is left in it', () => {
    const left = [
      { type: 'NamespaceContentRemaining', status: 'True', message: 'widgets.example.com has 1 resource instances' },
      { type: 'NamespaceFinalizersRemaining', status: 'True', message: 'example.com/cleanup in 1 resource instances' },
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', message: 'All resources discovered' },
    ];
    const [found] = detect(namespace(3600, left), { now });
    expect(found).toMatchObject({ type: 'Stuck', resource: { kind: 'Namespace', namespace: null, name: 'old' } });
    expect(found!.context).toContain('example.com/cleanup in 1 resource instances');
    expect(found!.context).not.toContain('All resources discovered');
  });

  test('nothing is said while the deletion is young, or of a namespace that stays', () => {
    expect(detect(namespace(60), { now })).toEqual([]);
    expect(detect(object('Namespace', 'new'), { now })).toEqual([]);
  });
});
