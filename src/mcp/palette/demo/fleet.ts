/** A machine pool of the demo. Prices are USD an hour for one machine. */
export interface DemoPool {
  readonly name: string;
  readonly controlPlane: boolean;
  readonly size: number;
  readonly healthy: number;
  readonly instance: string;
  readonly cpu: number;
  /** GiB. */
  readonly memory: number;
  readonly gpu: number;
  readonly price: number;
  readonly spot: number;
  readonly volume: { readonly type: string; readonly sizeGB: number; readonly price: number };
}

/** A cluster of the demo. Times are minutes before now. */
export interface DemoCluster {
  readonly uid: string;
  readonly name: string;
  readonly cloud: string;
  readonly region: string;
  readonly country: string;
  readonly createdAgo: number;
  readonly healthy: boolean;
  readonly healthConditions: readonly { readonly type: string; readonly message: string }[];
  readonly pools: readonly DemoPool[];
  /** Uids of profiles. */
  readonly profiles: readonly string[];
  /** Packs that it runs in another version than its profile says by now. */
  readonly behind: Readonly<Record<string, string>>;
  /** Packs that are not deployed, with the reason. */
  readonly failing: Readonly<Record<string, string>>;
  /** Shares of all CPU and memory. */
  readonly usage: { readonly cpu: number; readonly memory: number; readonly requested: number };
  /** What a period costs at the end of a week, against its beginning. */
  readonly growth: number;
  readonly events: readonly DemoEvent[];
}

interface DemoEvent {
  readonly ago: number;
  readonly severity: 'Info' | 'Warning' | 'Error';
  readonly reason: string;
  readonly message: string;
  readonly object: readonly [kind: string, name: string];
}

const day = 24 * 60;
const gp3 = { type: 'gp3', sizeGB: 60, price: 0.0066 };
const pool = (name: string, size: number, instance: string, more: Partial<DemoPool>): DemoPool => ({
  name,
  size,
  healthy: size,
  instance,
  controlPlane: false,
  cpu: 4,
  memory: 16,
  gpu: 0,
  price: 0.192,
  spot: 0,
  volume: gp3,
  ...more,
});

/** The four clusters of the demo, on three clouds: one well, one degraded, one behind its profile, one that costs much. */
export const demoClusters: readonly DemoCluster[] = [
  {
    uid: 'de300000000000000000c001',
    name: 'demo-shop',
    cloud: 'aws',
    region: 'eu-central-1',
    country: 'Germany',
    createdAgo: 210 * day,
    healthy: true,
    healthConditions: [],
    pools: [
      pool('control-plane-pool', 3, 'm6i.large', { controlPlane: true, cpu: 2, memory: 8, price: 0.115 }),
      pool('worker-pool', 6, 'm6i.xlarge', { price: 0.23, spot: 0.098 }),
    ],
    profiles: ['de300000000000000000b001', 'de300000000000000000b005'],
    behind: {},
    failing: {},
    usage: { cpu: 0.54, memory: 0.61, requested: 0.7 },
    growth: 1,
    events: [
      {
        ago: 3 * day,
        severity: 'Info',
        reason: 'PackInstalled',
        message: 'vault 0.30.1 is installed',
        object: ['pack', 'vault'],
      },
      {
        ago: 5 * day,
        severity: 'Info',
        reason: 'ClusterUpdated',
        message: 'Profile platform-secrets 1.0.0 is applied',
        object: ['spectrocluster', 'demo-shop'],
      },
    ],
  },
  {
    uid: 'de300000000000000000c002',
    name: 'demo-payments',
    cloud: 'azure',
    region: 'westeurope',
    country: 'Netherlands',
    createdAgo: 160 * day,
    healthy: false,
    healthConditions: [
      { type: 'NodesHealthy', message: '1 of 4 nodes of worker-pool is NotReady: kubelet stopped posting node status' },
      { type: 'PodsHealthy', message: 'prometheus-prometheus-operator-0 waits for a volume' },
    ],
    pools: [
      pool('control-plane-pool', 3, 'Standard_D2s_v5', { controlPlane: true, cpu: 2, memory: 8, price: 0.115 }),
      pool('worker-pool', 4, 'Standard_D4s_v5', { healthy: 3, price: 0.23, spot: 0.06 }),
    ],
    profiles: ['de300000000000000000b002'],
    behind: {},
    failing: {
      'prometheus-operator': 'the volume of prometheus-prometheus-operator-0 is attached to a node that is gone',
    },
    usage: { cpu: 0.93, memory: 0.84, requested: 0.97 },
    growth: 1,
    events: [
      {
        ago: 12,
        severity: 'Error',
        reason: 'PackInstallFailed',
        message: 'prometheus-operator 76.3.0: timed out waiting for the condition',
        object: ['pack', 'prometheus-operator'],
      },
      {
        ago: 22,
        severity: 'Error',
        reason: 'PackInstallFailed',
        message: 'prometheus-operator 76.3.0: timed out waiting for the condition',
        object: ['pack', 'prometheus-operator'],
      },
      {
        ago: 31,
        severity: 'Warning',
        reason: 'NodeUnhealthy',
        message: 'demo-payments-worker-2 is NotReady',
        object: ['machine', 'demo-payments-worker-2'],
      },
      {
        ago: 2 * day,
        severity: 'Info',
        reason: 'ClusterUpdated',
        message: 'Profile azure-production 1.4.0 is applied',
        object: ['spectrocluster', 'demo-payments'],
      },
    ],
  },
  {
    uid: 'de300000000000000000c003',
    name: 'demo-search',
    cloud: 'aws',
    region: 'us-east-1',
    country: 'United States',
    createdAgo: 400 * day,
    healthy: true,
    healthConditions: [],
    pools: [
      pool('control-plane-pool', 1, 'm5.large', { controlPlane: true, cpu: 2, memory: 8, price: 0.096 }),
      pool('worker-pool', 3, 'm5.xlarge', { volume: { type: 'gp2', sizeGB: 200, price: 0.0274 } }),
    ],
    profiles: ['de300000000000000000b001'],
    behind: { kubernetes: '1.31.9', 'cni-calico': '3.29.1', nginx: '1.11.5' },
    failing: {},
    usage: { cpu: 0.41, memory: 0.52, requested: 0.66 },
    growth: 1,
    events: [
      {
        ago: 90 * day,
        severity: 'Info',
        reason: 'UpdateAvailable',
        message: 'Profile aws-production 2.1.0 can be applied',
        object: ['spectrocluster', 'demo-search'],
      },
    ],
  },
  {
    uid: 'de300000000000000000c004',
    name: 'demo-training',
    cloud: 'gcp',
    region: 'us-central1',
    country: 'United States',
    createdAgo: 35 * day,
    healthy: true,
    healthConditions: [],
    pools: [
      pool('control-plane-pool', 3, 'n2-standard-4', {
        controlPlane: true,
        price: 0.194,
        volume: { type: 'pd-ssd', sizeGB: 60, price: 0.014 },
      }),
      pool('gpu-pool', 4, 'a2-highgpu-8g', {
        cpu: 96,
        memory: 680,
        gpu: 8,
        price: 29.39,
        spot: 14.7,
        volume: { type: 'pd-ssd', sizeGB: 1000, price: 0.233 },
      }),
    ],
    profiles: ['de300000000000000000b003'],
    behind: {},
    failing: {},
    usage: { cpu: 0.04, memory: 0.07, requested: 0.09 },
    growth: 1.6,
    events: [
      {
        ago: 6 * day,
        severity: 'Info',
        reason: 'MachinePoolScaled',
        message: 'gpu-pool was scaled from 2 to 4',
        object: ['spectrocluster', 'demo-training'],
      },
    ],
  },
];
