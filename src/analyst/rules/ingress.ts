import { listAt, textAt } from '../graph/fields.ts';
import { entityOf } from '../graph/owner.ts';
import { type Conclusion, conclusion, editCommand, fileOf, type Rule, type RuleView, step } from './rule.ts';

export const ingressRules: readonly Rule[] = [
  {
    id: 'ingress-backend',
    catalogue: [81],
    needs: 'an Ingress and the complete list of Services',
    conclude: ingressBackends,
  },
];

/** An Ingress that sends to a Service which does not exist. */
function ingressBackends({ graph }: RuleView): Conclusion[] {
  return graph.all('Ingress').flatMap((ingress): Conclusion[] => {
    const namespace = ingress.metadata.namespace ?? null;
    const paths = listAt(ingress, 'spec', 'rules').flatMap((it) => listAt(it, 'http', 'paths'));
    const names = [
      ...paths.map((it) => textAt(it, 'backend', 'service', 'name')),
      textAt(ingress, 'spec', 'defaultBackend', 'service', 'name'),
    ];
    const name = names.find((it) => it !== '' && graph.absent('Service', namespace, it) !== null);
    if (name === undefined) return [];
    return [
      conclusion('ingress-backend-missing', {
        entity: entityOf(ingress),
        mechanism: 'ingress_backend_missing',
        wrongValue: name,
        statement: `Ingress ${ingress.metadata.name} sends to Service ${name}, which does not exist in namespace ${namespace}.`,
        weight: 90,
        evidence: [graph.ref(fileOf(entityOf(ingress)), `"name": "${name}"`), graph.absent('Service', namespace, name)],
        affects: [entityOf(ingress), { kind: 'Service', namespace, name }],
        remediation: [
          step(
            `Correct the backend of Ingress ${ingress.metadata.name}, or create Service ${name}`,
            editCommand(entityOf(ingress)),
            'low',
          ),
        ],
      }),
    ];
  });
}
