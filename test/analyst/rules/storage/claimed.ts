import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;
const mounted = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
export interface Given {
  readonly event?: readonly [string, string];
  readonly parameters?: Record<string, string>;
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly build?: Build;
}

/** A Deployment `app` with the claim `data` of class `fast`, which is not bound unless its status says so. */
export function claimed({ event, parameters = {}, spec = {}, status, build = () => {} }: Given): TestCluster {
  const cluster = new TestCluster();
  const isBound = status?.['phase'] === 'Bound';
  if (isBound) {
    const container = { name: 'app', image: 'a:1', volumeMounts: [{ name: 'd', mountPath: '/data' }] };
    cluster.crash('ns', 'app', {
      log: 'write /data/x: no space left on device',
      spec: { containers: [container], ...mounted },
    });
  } else
    cluster.pending('ns', 'app', '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.', mounted);
  cluster.node('n1');
  cluster.add('StorageClass', null, 'fast', { provisioner: 'disk.csi.test', parameters });
  cluster.add('PersistentVolumeClaim', 'ns', 'data', {
    spec: {
      storageClassName: 'fast',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '10Gi' } },
      ...spec,
    },
    status: { phase: 'Pending', ...status },
  });
  if (event) cluster.event('PersistentVolumeClaim', 'ns', 'data', ...event);
  build(cluster);
  return cluster;
}
