import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

const start = 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox';
const id = '"77cc0d951a5e4875ced9be94d350ae9597629fe1fbff053b59141e3d109859e1"';

/** A Deployment whose pod cannot get a sandbox on node n1. */
function waiting(message: string): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.deployment('ns', 'app', {
    status: {
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
      ],
    },
  });
  cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'FailedCreatePodSandBox', message);
  return cluster;
}

describe('QUA-1: what a node says that cannot make a sandbox', () => {
  test.each([
    [
      `${start} ${id}: plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container`,
      'ip_exhausted',
    ],
    [
      `${start} ${id}: plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.42.1.1-10.42.1.254`,
      'ip_exhausted',
    ],
    [
      `${start} ${id}: plugin type="cilium-cni" failed (add): unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure No more IPs available`,
      'ip_exhausted',
    ],
    [
      `${start} ${id}: plugin type="calico" failed (add): failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled`,
      'ip_exhausted',
    ],
    [
      `${start} ${id}: plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running`,
      'cni_not_ready',
    ],
    [
      `${start} ${id}: plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory`,
      'cni_not_ready',
    ],
    [`${start} ${id}: failed to find plugin "bridge" in path [/opt/cni/bin]`, 'cni_not_ready'],
    [
      `${start} ${id}: plugin type="aws-cni" failed (add): add cmd: Error received from AddNetwork gRPC call: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:50051: connect: connection refused"`,
      'cni_not_ready',
    ],
    [
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "gvisor" is configured',
      'dependency_missing',
    ],
    [
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.test/pause:3.9": failed to pull image "registry.test/pause:3.9": dial tcp: i/o timeout',
      'registry_unreachable',
    ],
    [
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: mkdir /run/x: no space left on device',
      'disk_full',
    ],
    [
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox: fork/exec: resource temporarily unavailable',
      'node_limit',
    ],
  ])('%s', async (message, mechanism) => {
    expect(await causeOf(waiting(message), 'Deployment', 'ns', 'app')).toMatch(
      new RegExp(`^Node n1 ${mechanism} \\[[^\\]]+.* high$`),
    );
  });

  test('what no class fits is said in its own words, and not for sure', async () => {
    const cluster = waiting(`${start} ${id}: plugin type="ptp" failed (add): netplugin failed with no error message`);
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Node n1 other [ptp] medium');
  });

  test('the sentence names node, plugin and reason, not the id of a sandbox', async () => {
    const cluster = waiting(
      `${start} ${id}: plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container`,
    );
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      'The network plugin aws-cni of node n1 has no free IP address for another pod: failed to setup network for sandbox: plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container. 1 pod of Deployment ns/app waits without a sandbox on n1.',
    );
    expect(verdict.remediation[0]?.action).toContain('Free addresses on n1');
  });

  test('an old failure of a pod that runs is none', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.deployment('ns', 'app', { ready: true });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'FailedCreatePodSandBox',
      `${start} ${id}: failed to assign an IP address to container`,
    );
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('no fault');
  });
});
