import { describe, expect, test } from 'vitest';
import { causeOf } from '../answer-about.ts';
import type { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { caller, endpoints, refusedLog } from '../rules/network/callers.ts';

type Build = (cluster: TestCluster) => void;

/** The cause for a caller of `http://ledger.pay`, whose Service has no ready endpoint. */
function calling(build: Build): { cluster: TestCluster; cause: Promise<string> } {
  const cluster = caller(refusedLog('http://ledger.pay:80/'), 'http://ledger.pay:80');
  cluster.service('pay', 'ledger');
  endpoints(cluster, 'ledger', 0, 'pay');
  build(cluster);
  return { cluster, cause: causeOf(cluster, 'Deployment', 'ns', 'app') };
}

describe('QUA-1: a callee in another namespace', () => {
  test.each<[string, Build, string]>([
    [
      'its pods crash',
      (c) => c.crash('pay', 'ledger', { log: 'panic: environment variable LEDGER_DSN is not set' }),
      'Deployment ledger missing_env [LEDGER_DSN] high',
    ],
    [
      'its ConfigMap is gone',
      (c) =>
        c.deployment('pay', 'ledger', {
          spec: {
            containers: [{ name: 'ledger', image: 'l:1', envFrom: [{ configMapRef: { name: 'ledger-conf' } }] }],
          },
          status: {
            phase: 'Pending',
            containerStatuses: [
              {
                name: 'ledger',
                ready: false,
                restartCount: 0,
                state: {
                  waiting: { reason: 'CreateContainerConfigError', message: 'configmap "ledger-conf" not found' },
                },
              },
            ],
          },
        }),
      'ConfigMap ledger-conf missing_configmap [ledger-conf] high',
    ],
    [
      'it has been scaled to nothing',
      (c) => c.deployment('pay', 'ledger', { replicas: 0 }),
      'Deployment ledger scaled_to_zero [0] high',
    ],
    [
      'its Service selects nothing',
      (c) => {
        c.running('pay', 'book', 'ok');
        amend(c, 'Service', 'ledger', { spec: { selector: { app: 'book', part: 'ledger' }, ports: [{ port: 80 }] } });
      },
      'Service ledger selector_mismatch [ledger] high',
    ],
  ])('%s', async (_title, build, wanted) => {
    const { cluster, cause } = calling(build);
    expect(await cause).toBe(wanted);
    expect(cluster.requests).toBeLessThan(50);
  });

  test('not: one that is well is not blamed', async () => {
    const cluster = caller(refusedLog('http://ledger.pay:80/'), 'http://ledger.pay:80');
    cluster.running('pay', 'ledger', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('pay', 'ledger');
    endpoints(cluster, 'ledger', 1, 'pay');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).not.toContain('ledger');
  });
});
