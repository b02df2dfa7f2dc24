/*
 * A fleet as a Palette of the tests has it, written after the shapes that its API documents ("Palette APIs"): 120
 * clusters, 60 events each, 55 profiles, 130 packs. Numbers follow from the index, so that a test can say what must come.
 */

const at = '2026-11-20T08:00:00.000Z';

export const clusterCount = 120;
export const eventCount = 60;
export const profileCount = 55;
export const packCount = 130;

export const clusterUid = (n: number): string => `5f0c0000000000000000${String(n).padStart(4, '0')}`;
export const profileUid = (n: number): string => `5f0b0000000000000000${String(n).padStart(4, '0')}`;
export const clusterName = (n: number): string => `cluster-${String(n).padStart(3, '0')}`;
export const profileName = (n: number): string => `profile-${String(n).padStart(2, '0')}`;

/** Every third cluster is on azure, every tenth unhealthy, every 25th is provisioned. */
export const cloudOf = (n: number): string => (n % 3 === 0 ? 'azure' : 'aws');
export const isUnhealthy = (n: number): boolean => n % 10 === 0;
export const stateOf = (n: number): string => (n % 25 === 0 ? 'Provisioning' : 'Running');

const metadata = (uid: string, name: string) => ({
  uid,
  name,
  labels: null,
  annotations: { scope: 'project' },
  creationTimestamp: at,
  deletionTimestamp: '0001-01-01T00:00:00.000Z',
});

/** Even clusters run an older Kubernetes than their profile says. */
const kubernetesOf = (n: number): string => (n % 2 === 0 ? '1.32.8' : '1.33.4');
const packs = (n: number) => [
  { name: 'edge-native-ubuntu', layer: 'os', type: 'spectro', tag: '22.04', version: '22.04', registryUid: 'r1' },
  { name: 'kubernetes', layer: 'k8s', type: 'spectro', tag: '1.x', version: kubernetesOf(n), registryUid: 'r1' },
  { name: 'cni-cilium-oss', layer: 'cni', type: 'oci', tag: '1.17.1', version: '1.17.1', registryUid: 'r1' },
];
const template = (n: number) => ({
  uid: profileUid(1),
  name: profileName(1),
  type: 'cluster',
  cloudType: cloudOf(n),
  packs: packs(n),
});

const pools = (n: number) => [
  { cloudType: cloudOf(n), isControlPlane: true, size: 3, healthy: 3, maintenanceMode: 0, labels: ['control-plane'] },
  {
    cloudType: cloudOf(n),
    isControlPlane: false,
    size: 5,
    healthy: isUnhealthy(n) ? 3 : 5,
    maintenanceMode: 0,
    labels: ['worker'],
  },
];

const status = (n: number) => ({
  state: stateOf(n),
  health: {
    state: isUnhealthy(n) ? 'UnHealthy' : 'Healthy',
    conditions: isUnhealthy(n) ? [{ type: 'NodesHealthy', message: '2 nodes are NotReady' }] : null,
    lastHeartBeatTimestamp: at,
    agentVersion: '4.8.9',
  },
  cost: { total: 12.5 * n, cloud: { compute: 10 * n, storage: 2.5 * n, total: 12.5 * n } },
  hourlyRate: { total: 0.5, cloud: { compute: 0.4, storage: 0.1, total: 0.5 } },
  metrics: {
    cpu: { total: 32, usage: 8, request: 16, limit: 40, unit: 'cores', lastUpdatedTime: at },
    memory: { total: 128, usage: 64, request: 70, limit: 160, unit: 'Gi', lastUpdatedTime: at },
  },
  location: { countryCode: 'DE', countryName: 'Germany', regionCode: 'eu-central-1', regionName: 'Frankfurt' },
  notifications: { isAvailable: n % 2 === 0 },
  repave: { state: null },
});

export function summaryOf(n: number) {
  return {
    metadata: metadata(clusterUid(n), clusterName(n)),
    specSummary: {
      archTypes: ['amd64'],
      cloudConfig: { cloudType: cloudOf(n), machinePools: pools(n), uid: `cc${n}` },
      clusterProfileTemplates: [{ ...template(n), version: 1, scope: 'tenant' }],
      projectMeta: { name: 'Edge', uid: 'project-uid-of-the-test' },
    },
    status: status(n),
  };
}

export function dashboardOf(n: number) {
  const { metadata: meta, specSummary, status: seen } = summaryOf(n);
  const { projectMeta: _project, ...spec } = specSummary;
  return {
    metadata: meta,
    spec,
    status: { ...seen, kubeMeta: { kubernetesVersion: kubernetesOf(n), hasKubeConfig: true } },
  };
}

export function clusterOf(n: number) {
  return {
    apiVersion: 'v1',
    kind: 'SpectroCluster',
    metadata: metadata(clusterUid(n), clusterName(n)),
    spec: {
      cloudType: cloudOf(n),
      clusterType: 'PureManage',
      cloudConfigRef: { kind: 'CloudConfig', uid: `cc${n}` },
      clusterProfileTemplates: [{ ...template(n), profileVersion: '1.1.0' }],
    },
    status: {
      state: stateOf(n),
      conditions: [
        { type: 'CloudInfrastructureReady', status: 'True', reason: 'Ready', message: '' },
        { type: 'UpgradeDone', status: isUnhealthy(n) ? 'False' : 'True', reason: 'Waits', message: 'for 2 nodes' },
      ],
      packs: packs(n).map(({ name, version, type }) => ({
        name,
        version,
        type,
        condition: { type: 'Ready', status: 'True' },
      })),
      repave: { state: isUnhealthy(n) ? 'Pending' : null },
    },
  };
}

/** Newest first; every fifth is an error. */
export function eventOf(n: number, index: number) {
  const time = new Date(Date.parse(at) - index * 60_000).toISOString();
  return {
    metadata: { uid: `e${index}`, creationTimestamp: time, lastModifiedTimestamp: time },
    severity: index % 5 === 0 ? 'Error' : 'Info',
    reason: index % 5 === 0 ? 'PackInstallFailed' : 'Reconciled',
    message: `event ${index} of ${clusterName(n)}`,
    source: { component: 'ally', host: 'mgmt-1' },
    involvedObject: { kind: 'pack', name: 'cni-cilium-oss', uid: 'p1' },
  };
}

export function costOf(n: number, query: URLSearchParams) {
  const period = Number(query.get('period'));
  const start = Date.parse(query.get('startTime') ?? '');
  const data = [0, 1, 2].map((index) => ({
    timestamp: start / 1000 + index * period * 60,
    compute: n,
    storage: 1,
    total: n + 1,
  }));
  const cost = { total: 3 * (n + 1), cloud: { compute: 3 * n, storage: 3, total: 3 * (n + 1) } };
  return {
    startTime: query.get('startTime'),
    endTime: query.get('endTime'),
    period,
    cluster: { uid: clusterUid(n), name: clusterName(n), cost, cloud: { cost, data } },
  };
}

export function rateOf(n: number) {
  return {
    name: clusterName(n),
    rate: { compute: 300, storage: 60, total: 360 },
    machinePools: [
      {
        name: 'cp-pool',
        nodesCount: 3,
        rate: {
          compute: { type: 't3.large', rate: 90 },
          storage: [{ type: 'gp3', sizeGB: 180, rate: 15 }],
          total: 105,
        },
      },
      {
        name: 'worker-pool',
        nodesCount: 5,
        rate: {
          compute: { type: 'm5.xlarge', rate: 210 },
          storage: [{ type: 'gp2', sizeGB: 500, rate: 45 }],
          total: 255,
        },
      },
    ],
    resourceMetadata: {
      instanceTypes: {
        'm5.xlarge': {
          type: 'm5.xlarge',
          cpu: 4,
          memory: 16,
          gpu: 0,
          price: 0.192,
          cost: { price: [{ os: 'linux', onDemand: 0.192, spot: 0.07 }] },
        },
      },
      storageTypes: {},
    },
  };
}

export function runningOf(n: number) {
  const all = packs(n).map(({ name, layer, type, version }) => ({
    metadata: { name },
    spec: { name, layer, type, version, registryUid: 'r1', values: `pack:\n  replicas: ${n > 4 ? 2 : 1}\n` },
  }));
  return {
    profiles: [
      {
        metadata: metadata(profileUid(1), profileName(1)),
        spec: { type: 'cluster', cloudType: cloudOf(n), version: 1, packs: all },
      },
    ],
  };
}

/** What profile-01 says by now: the newer Kubernetes. */
export function updatesOf(n: number) {
  return { profiles: n % 2 === 0 ? [{ ...template(1), profileVersion: '1.2.0' }] : [] };
}

const profileTypeOf = (n: number): string => (n % 5 === 0 ? 'add-on' : 'cluster');

export function profileSummaryOf(n: number) {
  const packRefs = packs(1).map(({ name, layer, version, type }) => ({
    name,
    layer,
    version,
    type,
    displayName: name,
    addonType: '',
  }));
  return {
    metadata: { ...metadata(profileUid(n), profileName(n)), annotations: { scope: 'tenant' } },
    specSummary: {
      version: '1.2.0',
      versions: [{ uid: profileUid(n), version: '1.2.0' }],
      published: { type: profileTypeOf(n), cloudType: n % 5 === 0 ? 'all' : cloudOf(n), packs: packRefs },
    },
    status: {
      isPublished: true,
      inUseClusters: n === 1 ? [{ uid: clusterUid(1), name: clusterName(1) }] : null,
      pack: { deprecated: 0, deleted: 0, disabled: 0 },
    },
  };
}

/** profile-01 has an older version with a uid of its own. */
export function profileOf(n: number) {
  const old = { uid: profileUid(901), version: '1.1.0' };
  const version = n === 901 ? '1.1.0' : '1.2.0';
  const name = profileName(n === 901 ? 1 : n);
  return {
    metadata: { ...metadata(profileUid(n), name), annotations: { scope: 'tenant' } },
    spec: {
      version,
      versions: [...(n === 1 || n === 901 ? [old] : []), { uid: profileUid(n === 901 ? 1 : n), version: '1.2.0' }],
      published: {
        uid: profileUid(n),
        name,
        type: profileTypeOf(n),
        cloudType: cloudOf(n),
        profileVersion: version,
        packs: packs(n === 901 ? 2 : 1),
      },
    },
    status: { isPublished: true, inUseClusters: [{ uid: clusterUid(1), name: clusterName(1) }] },
  };
}

export function profilePacksOf(n: number) {
  const items = packs(n === 901 ? 2 : 1).map(({ name, layer, type, version, registryUid }) => ({
    metadata: { name },
    spec: {
      name,
      layer,
      type,
      version,
      registryUid,
      values: 'password: swordfish-9931\n',
      manifests: [{ kind: 'manifest', name: 'extra', uid: 'm1' }],
    },
  }));
  return { items };
}

export function packOf(n: number) {
  const layer = n % 4 === 0 ? 'k8s' : 'addon';
  return {
    apiVersion: 'v1',
    kind: 'pack',
    metadata: { name: `pack-${n}` },
    spec: {
      name: `pack-${n}`,
      displayName: `Pack ${n}`,
      layer,
      type: 'helm',
      addonType: layer === 'addon' ? 'monitoring' : '',
      cloudTypes: ['all'],
      registries: [
        {
          name: n % 2 === 0 ? 'Public Repo' : 'Own Repo',
          uid: n % 2 === 0 ? 'r1' : 'r2',
          latestVersion: `1.0.${n}`,
          scope: 'system',
        },
      ],
    },
  };
}
