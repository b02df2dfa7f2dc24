import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import type { TestCluster } from '../../cluster.ts';
import { caller, endpoints, timeoutLog } from './callers.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const timeout = timeoutLog('http://api:80/');
const unresolved = '2026-01-01 10:00:00 ERROR lookup api: could not translate host name "api" to address\n'.repeat(5);
const noRoute = '2026-01-01 10:00:00 ERROR dial tcp api:80: connect: no route to host\n'.repeat(5);
const refused = '2026-01-01 10:00:00 ERROR dial tcp api:80: connect: connection refused\n'.repeat(5);
const from = (...peers: Fields[]): Fields => ({ ingress: [{ from: peers }] });
const to = (peer: Fields, ...ports: Fields[]): Fields => ({
  egress: [{ to: [peer], ...(ports.length === 0 ? {} : { ports }) }],
});
const others = { podSelector: { matchLabels: { tier: 'web' } } };
const ingress = (fields: Fields = {}): Fields => ({ policyTypes: ['Ingress'], ...fields });
const egress = (fields: Fields = {}): Fields => ({ policyTypes: ['Egress'], ...fields });

interface Policy {
  readonly spec: Fields;
  readonly namespace?: string;
  readonly more?: Build;
}

/** A caller whose Service `api` has so many ready endpoints, and a NetworkPolicy. */
function policed(log: string, { spec, namespace = 'ns', more = () => {} }: Policy, ready = 1): TestCluster {
  const cluster = caller(log, 'http://api:80');
  cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80, name: 'web' }] });
  cluster.service('ns', 'api');
  endpoints(cluster, 'api', ready);
  cluster.add('NetworkPolicy', namespace, 'closed', { spec: { podSelector: {}, ...spec } });
  more(cluster);
  return cluster;
}

describe('QUA-1: a NetworkPolicy in the way', () => {
  test.each<[string, string, Policy, string]>([
    ['nothing is let in', timeout, { spec: ingress() }, 'closed'],
    ['the network answers for the one that drops', noRoute, { spec: ingress() }, 'closed'],
    ['others are let in', timeout, { spec: ingress(from(others)) }, 'tier=web'],
    [
      'the pods of another namespace are let in',
      timeout,
      { spec: ingress(from({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'edge' } } })) },
      'kubernetes.io/metadata.name=edge',
    ],
    ['another port is let in', timeout, { spec: ingress({ ingress: [{ ports: [{ port: 8443 }] }] }) }, '8443'],
    ['nothing is let out', timeout, { spec: egress() }, 'closed'],
    ['only DNS is let out', timeout, { spec: egress({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }) }, '53'],
    [
      'what goes out is for others',
      timeout,
      { spec: egress(to({ podSelector: { matchLabels: { app: 'db' } } })) },
      'app=db',
    ],
    ['not even DNS is let out', unresolved, { spec: egress() }, 'closed'],
    ['only another port is let out', unresolved, { spec: egress({ egress: [{ ports: [{ port: 443 }] }] }) }, 'closed'],
    [
      'DNS is let out over TCP only',
      unresolved,
      { spec: egress({ egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }] }) },
      'closed',
    ],
  ])('%s', async (_title, log, policy, wrong) => {
    expect(await about(policed(log, policy))).toBe(`NetworkPolicy closed other [${wrong}] high`);
  });

  test.each<[string, string, Policy, number]>([
    ['everyone is let in', timeout, { spec: ingress({ ingress: [{}] }) }, 1],
    ['the caller is let in', timeout, { spec: ingress(from({ podSelector: { matchLabels: { app: 'app' } } })) }, 1],
    ['the port is let in by its name', timeout, { spec: ingress({ ingress: [{ ports: [{ port: 'web' }] }] }) }, 1],
    ['the port is in a range', timeout, { spec: ingress({ ingress: [{ ports: [{ port: 70, endPort: 90 }] }] }) }, 1],
    ['one of two peers is the caller', timeout, { spec: ingress(from(others, { podSelector: {} })) }, 1],
    [
      'addresses are let in: whose is not known',
      timeout,
      { spec: ingress(from({ ipBlock: { cidr: '10.0.0.0/8' } })) },
      1,
    ],
    ['the policy is for other pods', timeout, { spec: ingress({ podSelector: { matchLabels: { app: 'web' } } }) }, 1],
    ['the policy is of another namespace', timeout, { spec: ingress(), namespace: 'other' }, 1],
    [
      'a second policy lets the caller in',
      timeout,
      {
        spec: ingress(),
        more: (c) =>
          c.add('NetworkPolicy', 'ns', 'open', { spec: { podSelector: {}, ...ingress(from({ podSelector: {} })) } }),
      },
      1,
    ],
    ['the Service has no ready endpoint', timeout, { spec: ingress() }, 0],
    ['the call is refused at once: it arrived', refused, { spec: ingress() }, 1],
    ['DNS is let out', unresolved, { spec: egress({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }) }, 1],
    [
      'DNS by the name of its port',
      unresolved,
      { spec: egress({ egress: [{ ports: [{ port: 'dns', protocol: 'UDP' }] }] }) },
      1,
    ],
    ['every port is let out', unresolved, { spec: egress({ egress: [{}] }) }, 1],
    [
      'the one without DNS is for other pods',
      unresolved,
      { spec: egress({ podSelector: { matchLabels: { app: 'web' } } }) },
      1,
    ],
    ['only what comes in is limited', unresolved, { spec: ingress() }, 1],
  ])('not: %s', async (_title, log, policy, ready) => {
    expect(await about(policed(log, policy, ready))).not.toContain('NetworkPolicy');
  });

  test('it says what is let through instead, and what to change', async () => {
    const { verdict } = await answerAbout(policed(timeout, { spec: ingress(from(others)) }), 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      'NetworkPolicy ns/closed lets traffic only from pods with tier=web of its own namespace (ingress), and no other policy of these pods opens it, so api cannot be reached by Deployment ns/app.',
    );
    expect(verdict.remediation[0]?.command).toContain('edit networkpolicy closed');
  });
});

test('QUA-1: who cannot ask the DNS is told which port to let out', async () => {
  const { verdict } = await answerAbout(policed(unresolved, { spec: egress() }), 'Deployment', 'ns', 'app');
  expect(verdict.remediation[0]?.action).toContain('Let port 53 (UDP and TCP) to the DNS of the cluster');
});

describe('QUA-1: a NetworkPolicy in front of the outside', () => {
  function outside(log: string, spec: Fields): Promise<string> {
    const cluster = caller(log, 'https://api.pay.example.com:443');
    cluster.add('NetworkPolicy', 'ns', 'closed', { spec: { podSelector: {}, ...spec } });
    return about(cluster);
  }
  const outTimeout = timeoutLog('https://api.pay.example.com:443/v1');
  test.each<[string, Fields, string]>([
    ['only pods are let out', egress(to({ namespaceSelector: {} })), 'high'],
    ['only another port is let out', egress({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }), 'high'],
  ])('%s', async (_title, spec, confidence) => {
    expect(await outside(outTimeout, spec)).toMatch(new RegExp(`^NetworkPolicy closed other \\[.*\\] ${confidence}$`));
  });
  test.each<[string, string, Fields]>([
    ['addresses are let out', outTimeout, egress(to({ ipBlock: { cidr: '0.0.0.0/0' } }))],
    ['the port is let out', outTimeout, egress({ egress: [{ ports: [{ port: 443 }] }] })],
    ['only what comes in is limited', outTimeout, ingress()],
    [
      'the other side answers',
      '2026-01-01 10:00:00 ERROR GET https://api.pay.example.com:443/v1 answered 503\n'.repeat(5),
      egress(),
    ],
  ])('not: %s', async (_title, log, spec) => {
    expect(await outside(log, spec)).not.toContain('NetworkPolicy');
  });
});
