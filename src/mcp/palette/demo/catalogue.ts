/** A pack of the demo, with its newest version. */
export interface DemoPack {
  readonly name: string;
  readonly title: string;
  readonly layer: 'os' | 'k8s' | 'cni' | 'csi' | 'addon';
  readonly type: 'spectro' | 'helm';
  readonly version: string;
  readonly clouds: readonly string[];
  readonly addonType?: string;
}

const everywhere = ['all'];

/** The twelve packs of the demo. */
export const demoPacks: readonly DemoPack[] = [
  { name: 'ubuntu-aws', title: 'Ubuntu', layer: 'os', type: 'spectro', version: '22.04', clouds: ['aws'] },
  { name: 'ubuntu-azure', title: 'Ubuntu', layer: 'os', type: 'spectro', version: '22.04', clouds: ['azure'] },
  { name: 'ubuntu-gcp', title: 'Ubuntu', layer: 'os', type: 'spectro', version: '22.04', clouds: ['gcp'] },
  {
    name: 'kubernetes',
    title: 'Kubernetes',
    layer: 'k8s',
    type: 'spectro',
    version: '1.33.5',
    clouds: ['aws', 'azure', 'gcp'],
  },
  { name: 'cni-calico', title: 'Calico', layer: 'cni', type: 'spectro', version: '3.30.3', clouds: everywhere },
  { name: 'csi-aws-ebs', title: 'Amazon EBS CSI', layer: 'csi', type: 'spectro', version: '1.46.0', clouds: ['aws'] },
  { name: 'csi-azure', title: 'Azure Disk', layer: 'csi', type: 'spectro', version: '1.33.3', clouds: ['azure'] },
  {
    name: 'csi-gcp-driver',
    title: 'GCE Persistent Disk CSI',
    layer: 'csi',
    type: 'spectro',
    version: '1.17.6',
    clouds: ['gcp'],
  },
  {
    name: 'nginx',
    title: 'Nginx',
    layer: 'addon',
    type: 'helm',
    version: '1.13.2',
    clouds: everywhere,
    addonType: 'ingress',
  },
  {
    name: 'prometheus-operator',
    title: 'Prometheus - Grafana',
    layer: 'addon',
    type: 'helm',
    version: '76.3.0',
    clouds: everywhere,
    addonType: 'monitoring',
  },
  {
    name: 'nvidia-gpu-operator',
    title: 'NVIDIA GPU Operator',
    layer: 'addon',
    type: 'helm',
    version: '25.3.2',
    clouds: everywhere,
    addonType: 'system app',
  },
  {
    name: 'vault',
    title: 'Vault',
    layer: 'addon',
    type: 'helm',
    version: '0.30.1',
    clouds: everywhere,
    addonType: 'security',
  },
];

/** A profile of the demo: names of packs, in the versions above. */
export interface DemoProfile {
  readonly uid: string;
  readonly name: string;
  readonly type: 'cluster' | 'add-on';
  readonly cloud: string;
  readonly scope: 'tenant' | 'project';
  readonly version: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly packs: readonly string[];
}

/** The five profiles of the demo. */
export const demoProfiles: readonly DemoProfile[] = [
  {
    uid: 'de300000000000000000b001',
    name: 'aws-production',
    type: 'cluster',
    cloud: 'aws',
    scope: 'tenant',
    version: '2.1.0',
    description: 'Public services on AWS',
    labels: { env: 'production' },
    packs: ['ubuntu-aws', 'kubernetes', 'cni-calico', 'csi-aws-ebs', 'nginx', 'prometheus-operator'],
  },
  {
    uid: 'de300000000000000000b002',
    name: 'azure-production',
    type: 'cluster',
    cloud: 'azure',
    scope: 'tenant',
    version: '1.4.0',
    description: 'Payments on Azure',
    labels: { env: 'production' },
    packs: ['ubuntu-azure', 'kubernetes', 'cni-calico', 'csi-azure', 'nginx', 'prometheus-operator'],
  },
  {
    uid: 'de300000000000000000b003',
    name: 'gcp-gpu-training',
    type: 'cluster',
    cloud: 'gcp',
    scope: 'project',
    version: '1.0.2',
    description: 'Training of models with GPUs',
    labels: { team: 'research' },
    packs: ['ubuntu-gcp', 'kubernetes', 'cni-calico', 'csi-gcp-driver', 'nvidia-gpu-operator'],
  },
  {
    uid: 'de300000000000000000b004',
    name: 'platform-observability',
    type: 'add-on',
    cloud: 'all',
    scope: 'tenant',
    version: '1.2.0',
    description: 'Metrics and dashboards',
    labels: {},
    packs: ['prometheus-operator'],
  },
  {
    uid: 'de300000000000000000b005',
    name: 'platform-secrets',
    type: 'add-on',
    cloud: 'all',
    scope: 'tenant',
    version: '1.0.0',
    description: 'Secrets of applications',
    labels: {},
    packs: ['vault'],
  },
];
