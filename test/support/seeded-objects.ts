import type { KubeObject } from '../../src/kube/cluster-reader.ts';

/* The objects of the seeded cluster (seeded-faults.ts). */

/** Seconds ago, as the API writes times. */
const time = (secondsAgo: number): string =>
  new Date(Date.now() - secondsAgo * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

export function metadataOf(apiVersion: string, kind: string, name: string, namespace?: string) {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

export const nodes: readonly object[] = [
  ...['node-a', 'node-b'].map((name) => ({
    ...metadataOf('v1', 'Node', name),
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  })),
  { ...metadataOf('v1', 'Node', 'node-down'), metadata: { name: 'node-down', labels: { kubelet: 'manual' } } },
  {
    ...metadataOf('v1', 'Node', 'node-full'),
    metadata: { name: 'node-full', labels: { kubelet: 'manual' } },
    spec: { unschedulable: true, taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] },
  },
];

const nodeCondition = (type: string, status: string, reason: string) => ({
  type,
  status,
  reason,
  message: `${reason} of a test`,
  lastHeartbeatTime: time(0),
  lastTransitionTime: time(20 * 60),
});
const room = { cpu: '4', memory: '8Gi', pods: '110' };
export const nodeStatuses = [
  [
    'node',
    'node-down',
    { capacity: room, allocatable: room, conditions: [nodeCondition('Ready', 'False', 'KubeletNotReady')] },
  ],
  [
    'node',
    'node-full',
    {
      capacity: room,
      allocatable: { ...room, cpu: '3900m' },
      conditions: [
        nodeCondition('DiskPressure', 'True', 'KubeletHasDiskPressure'),
        nodeCondition('Ready', 'True', 'KubeletReady'),
      ],
    },
  ],
] as const;

const image = 'registry.example/app:1';
const labelled = (app: string, kubelet?: string) => ({ app, ...(kubelet === undefined ? {} : { kubelet }) });

function workload(
  kind: string,
  namespace: string,
  name: string,
  kubelet?: string,
  fields: Record<string, unknown> = {},
): object {
  const { pod = {}, ...spec } = fields;
  const template = {
    metadata: { labels: labelled(name, kubelet) },
    spec: { containers: [{ name: 'app', image }], ...(pod as object) },
  };
  return {
    ...metadataOf('apps/v1', kind, name, namespace),
    spec: { selector: { matchLabels: { app: name } }, template, ...spec },
  };
}

export const workloads: readonly object[] = [
  workload('Deployment', 'shop', 'api', 'crashloop'),
  workload('Deployment', 'shop', 'front', undefined, {
    replicas: 2,
    pod: {
      containers: [
        {
          name: 'app',
          image,
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
        },
        { name: 'proxy', image: 'registry.example/proxy:2' },
      ],
    },
  }),
  workload('Deployment', 'shop', 'slow', 'imagepull', { replicas: 2, progressDeadlineSeconds: 1 }),
  workload('Deployment', 'shop', 'paused', undefined, { paused: true }),
  workload('Deployment', 'bound', 'over-quota', undefined),
  workload('Deployment', 'pay', 'no-account', undefined, {
    pod: { serviceAccountName: 'absent', containers: [{ name: 'app', image }] },
  }),
  workload('StatefulSet', 'data', 'db', 'imagepull', { serviceName: 'db' }),
  workload('DaemonSet', 'data', 'agent', 'imagepull', {
    template: {
      metadata: { labels: labelled('agent', 'imagepull') },
      spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-a' }, containers: [{ name: 'app', image }] },
    },
  }),
  {
    ...metadataOf('batch/v1', 'Job', 'nightly', 'pay'),
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: labelled('nightly', 'failed') },
        spec: { restartPolicy: 'Never', containers: [{ name: 'app', image }] },
      },
    },
  },
];

export const quotas: readonly object[] = [
  { ...metadataOf('v1', 'ResourceQuota', 'nothing', 'bound'), spec: { hard: { pods: '0', 'requests.cpu': '2' } } },
  { ...metadataOf('v1', 'ResourceQuota', 'compute', 'shop'), spec: { hard: { 'count/services': '20' } } },
];

export const networks: readonly object[] = [
  { ...metadataOf('v1', 'Service', 'lost', 'shop'), spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] } },
  {
    ...metadataOf('v1', 'Service', 'front', 'shop'),
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'front' },
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
  },
  { ...metadataOf('v1', 'Service', 'outside', 'shop'), spec: { type: 'ExternalName', externalName: 'db.example' } },
  {
    ...metadataOf('v1', 'Service', 'fixed', 'pay'),
    spec: {
      type: 'NodePort',
      externalIPs: ['192.0.2.7', '192.0.2.8'],
      selector: { app: 'front' },
      ports: [{ port: 443, targetPort: 8443 }],
    },
  },
  {
    ...metadataOf('v1', 'Service', 'db', 'data'),
    spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] },
  },
  {
    ...metadataOf('networking.k8s.io/v1', 'Ingress', 'shop', 'shop'),
    spec: {
      rules: [
        {
          host: 'shop.example',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'absent', port: { number: 80 } } } }],
          },
        },
      ],
    },
  },
  {
    ...metadataOf('autoscaling/v2', 'HorizontalPodAutoscaler', 'scale', 'shop'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'absent' },
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  },
];

const claim = (name: string, spec: object) => ({
  ...metadataOf('v1', 'PersistentVolumeClaim', name, 'data'),
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
/** Its volume is gone. */
const boundClaim = {
  ...claim('lost', { storageClassName: '', volumeName: 'gone' }),
  metadata: { name: 'lost', namespace: 'data', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
};
export const claims: readonly object[] = [claim('no-class', { storageClassName: 'absent' }), boundClaim];

/** Pods that the scheduler, or nobody, looks at. */
const bare = (name: string, spec: object) => ({
  ...metadataOf('v1', 'Pod', name, 'data'),
  spec: { containers: [{ name: 'app', image }], ...spec },
});
export const unscheduled: readonly object[] = [
  bare('large', { containers: [{ name: 'app', image, resources: { requests: { cpu: '900', memory: '9Ti' } } }] }),
  bare('picky', { nodeSelector: { disk: 'golden' } }),
  bare('unclaimed', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'absent' } }] }),
  bare('gated', { schedulingGates: [{ name: 'example.com/wait' }] }),
  bare('unseen', { schedulerName: 'nobody' }),
];

type State = Readonly<Record<string, unknown>>;
const waiting = (reason: string): State => ({ waiting: { reason, message: `${reason} of a test` } });
const ended = (exitCode: number, reason = 'Error', more: State = {}): State => ({
  terminated: { exitCode, reason, startedAt: time(200), finishedAt: time(150), ...more },
});
const running: State = { running: { startedAt: time(900) } };
const status = (name: string, state: State, more: State = {}) => ({
  name,
  image,
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});

/** Pods in states that kubelets write, on a node. */
export function seededPods(): KubeObject[] {
  const restarted = { restartCount: 7, lastState: ended(1) };
  const one = (namespace: string, name: string, state: State, more: State = {}) =>
    manual(namespace, name, { containerStatuses: [status('app', state, more)] });
  const init = (name: string, state: State, more: State = {}) =>
    manual(
      'pay',
      name,
      {
        phase: 'Pending',
        initContainerStatuses: [status('first', state, more)],
        containerStatuses: [status('app', waiting('PodInitializing'))],
      },
      {
        initContainers: [
          { name: 'first', image },
          { name: 'second', image },
        ],
      },
    );
  return [
    one('shop', 'cache', waiting('CrashLoopBackOff'), { restartCount: 12, lastState: ended(137, 'OOMKilled') }),
    one('shop', 'engine', ended(137, 'OOMKilled', { signal: 9 }), restarted),
    one('shop', 'signalled', ended(139, '', { signal: 11 })),
    manual(
      'shop',
      'half',
      { containerStatuses: [status('app', ended(3, '')), status('proxy', running, { ready: true, started: true })] },
      {
        containers: [
          { name: 'app', image },
          { name: 'proxy', image },
        ],
      },
    ),
    ...[
      'ImagePullBackOff search',
      'ErrImagePull index',
      'InvalidImageName misnamed',
      'ErrImageNeverPull never',
      'CreateContainerConfigError settings',
      'RunContainerError entrypoint',
    ].map((text) => {
      const [reason = '', name = ''] = text.split(' ');
      return one('shop', name, waiting(reason));
    }),
    init('migrate', waiting('CrashLoopBackOff'), restarted),
    init('prepare', ended(1)),
    init('unpack', ended(2, '')),
    init('fetch', waiting('ImagePullBackOff')),
    manual(
      'pay',
      'sidecar',
      {
        conditions: [podCondition('Initialized', 'True')],
        initContainerStatuses: [
          status('mesh', running, { ready: true, started: true, restartCount: 2, lastState: ended(1) }),
        ],
        containerStatuses: [status('app', waiting('CrashLoopBackOff'), restarted)],
      },
      { initContainers: [{ name: 'mesh', image, restartPolicy: 'Always' }] },
    ),
    one('pay', 'unready', running),
    manual('pay', 'admission', {
      phase: 'Failed',
      reason: 'UnexpectedAdmissionError',
      message: 'no devices',
      startTime: time(300),
    }),
    manual('pay', 'evicted', {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: time(300),
    }),
    manual('pay', 'leaving', { containerStatuses: [status('app', running, { ready: true })] }, nowhere, leaving),
    manual(
      'pay',
      'lost',
      { reason: 'NodeLost', message: 'its node is gone', containerStatuses: [status('app', running)] },
      nowhere,
      leaving,
    ),
    manual(
      'data',
      'unmounted',
      { phase: 'Pending', containerStatuses: [status('app', waiting('ContainerCreating'))] },
      described,
    ),
    ...summed.map((spec, at) => manual('data', `summed-${at}`, {}, spec)),
  ];
}

const asks = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
/** Pods whose requests are more than the sum of their containers, or another one. */
const summed: readonly State[] = [
  {
    initContainers: [
      { name: 'early', image, resources: asks('1', '1Gi') },
      { name: 'mesh', image, restartPolicy: 'Always', resources: asks('200m', '64Mi') },
      { name: 'late', image, resources: asks('300m', '32Mi') },
    ],
    containers: [{ name: 'app', image, resources: asks('500m', '256Mi') }],
    overhead: { cpu: '50m', memory: '16Mi' },
  },
  {
    initContainers: [{ name: 'mesh', image, restartPolicy: 'Always', resources: asks('400m', '64Mi') }],
    containers: [{ name: 'app', image, resources: asks('700m', '128Mi') }],
  },
];

/** The simulated kubelets take away what is deleted on their nodes. */
const nowhere = { nodeName: undefined };
const leaving = { deletionTimestamp: time(60), deletionGracePeriodSeconds: 30, finalizers: ['example.com/hold'] };

/** Of every field that a description shows. */
const described = {
  serviceAccountName: 'default',
  priority: 0,
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'batch', effect: 'NoSchedule' }],
  containers: [
    {
      name: 'app',
      image,
      command: ['serve'],
      args: ['--port', '8080'],
      ports: [{ containerPort: 8080, protocol: 'TCP' }],
      resources: { limits: { cpu: '1', memory: '128Mi' }, requests: { cpu: '250m', memory: '64Mi' } },
      livenessProbe: {
        httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' },
        initialDelaySeconds: 3,
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      readinessProbe: {
        exec: { command: ['cat', '/tmp/ready'] },
        timeoutSeconds: 1,
        periodSeconds: 5,
        successThreshold: 1,
        failureThreshold: 3,
      },
      startupProbe: {
        tcpSocket: { port: 8080 },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 30,
      },
      env: [
        { name: 'GREETING', value: 'hello' },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      ],
      envFrom: [{ configMapRef: { name: 'settings' } }],
      volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
    },
  ],
  volumes: [
    { name: 'config', configMap: { name: 'absent', defaultMode: 420 } },
    { name: 'data', persistentVolumeClaim: { claimName: 'no-class' } },
    { name: 'scratch', emptyDir: {} },
  ],
};

const podCondition = (type: string, value: string, reason?: string) => ({
  type,
  status: value,
  lastTransitionTime: time(900),
  ...(reason === undefined ? {} : { reason }),
});

function manual(namespace: string, name: string, state: State, spec: State = {}, metadata: State = {}): KubeObject {
  const conditions = [podCondition('PodScheduled', 'True'), podCondition('Ready', 'False', 'ContainersNotReady')];
  const { conditions: more = [], ...given } = state as { conditions?: object[] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${namespace}-${name}`,
      creationTimestamp: time(1000),
      labels: labelled(name, 'manual'),
      ...metadata,
    },
    spec: {
      nodeName: 'node-b',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      containers: [{ name: 'app', image }],
      ...spec,
    },
    status: {
      phase: 'Running',
      qosClass: 'BestEffort',
      startTime: time(950),
      conditions: [...conditions, ...more],
      ...given,
    },
  };
}

const podEvent = (namespace: string, pod: string, reason: string, message: string, count = 4) => ({
  ...metadataOf('v1', 'Event', `${pod}.${reason.toLowerCase()}`, namespace),
  involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: `uid-${namespace}-${pod}` },
  type: reason === 'Pulled' ? 'Normal' : 'Warning',
  reason,
  message,
  count,
  source: { component: 'kubelet', host: 'node-b' },
  firstTimestamp: time(600),
  lastTimestamp: time(reason === 'Pulled' ? 500 : 10),
});
export const podEvents: readonly object[] = [
  podEvent(
    'data',
    'unmounted',
    'FailedMount',
    'MountVolume.SetUp failed for volume "config" : configmap "absent" not found',
    9,
  ),
  podEvent('data', 'unmounted', 'Pulled', 'Container image already present on machine', 1),
  podEvent('pay', 'unready', 'FailedPostStartHook', 'PostStartHook failed', 5),
  podEvent('shop', 'search', 'Failed', 'Failed to pull image', 3),
];

const metricsKind = (plural: string, kind: string, scope: 'Cluster' | 'Namespaced') => ({
  ...metadataOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.metrics.k8s.io`),
  metadata: {
    name: `${plural}.metrics.k8s.io`,
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
  },
  spec: {
    group: 'metrics.k8s.io',
    scope,
    names: { kind, plural },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

/** Stands in for a metrics server: what is measured is written down. */
export const metricsApi: readonly object[] = [
  metricsKind('nodes', 'NodeMetrics', 'Cluster'),
  metricsKind('pods', 'PodMetrics', 'Namespaced'),
];

const measured = (kind: string, name: string, fields: object, namespace?: string) => ({
  ...metadataOf('metrics.k8s.io/v1beta1', kind, name, namespace),
  timestamp: time(10),
  window: '10s',
  ...fields,
});
export const usage: readonly object[] = [
  measured('NodeMetrics', 'node-a', { usage: { cpu: '250m', memory: '512Mi' } }),
  measured('NodeMetrics', 'node-b', { usage: { cpu: '1500m', memory: '2048Mi' } }),
  measured(
    'PodMetrics',
    'half',
    {
      containers: [
        { name: 'app', usage: { cpu: '100m', memory: '64Mi' } },
        { name: 'proxy', usage: { cpu: '20m', memory: '16Mi' } },
      ],
    },
    'shop',
  ),
  measured('PodMetrics', 'cache', { containers: [{ name: 'app', usage: { cpu: '5m', memory: '120Mi' } }] }, 'shop'),
];
