import { costOf, hourlyRate, rounded } from './cost-answers.ts';
import type { DemoCluster, DemoPool } from './fleet.ts';
import { packAnswer, packOf, profilesOf, templateOf, versionIn } from './profile-answers.ts';

/*
 * The demo fleet in the shapes of Palette's API, so that the code that reads real answers reads it. `now`: ms since the
 * epoch.
 */

const minuteMs = 60_000;
const ago = (now: number, minutes: number): string => new Date(now - minutes * minuteMs).toISOString();
const metadata = ({ uid, name, createdAgo }: DemoCluster, now: number) => ({
  uid,
  name,
  labels: {},
  annotations: { scope: 'project' },
  creationTimestamp: ago(now, createdAgo),
});

/** A cluster in a list. */
export function summaryAnswer(cluster: DemoCluster, now: number): object {
  const { spec, status } = seen(cluster, now);
  return {
    metadata: metadata(cluster, now),
    specSummary: { ...spec, projectMeta: { name: 'Demo', uid: 'de300000000000000000e001' } },
    status,
  };
}

/** A cluster of the dashboard. */
export function dashboardAnswer(cluster: DemoCluster, now: number): object {
  const { spec, status } = seen(cluster, now);
  const kubernetesVersion = versionIn('kubernetes', cluster);
  return { metadata: metadata(cluster, now), spec, status: { ...status, kubeMeta: { kubernetesVersion } } };
}

/** What lists and the dashboard have in common. */
function seen(cluster: DemoCluster, now: number) {
  return { spec: specOf(cluster), status: statusOf(cluster, now) };
}

function specOf(cluster: DemoCluster) {
  const machinePools = cluster.pools.map(({ controlPlane, size, healthy }) => ({
    isControlPlane: controlPlane,
    size,
    healthy,
    maintenanceMode: 0,
    labels: [controlPlane ? 'control-plane' : 'worker'],
    cloudType: cluster.cloud,
  }));
  return {
    cloudConfig: { cloudType: cluster.cloud, machinePools },
    clusterProfileTemplates: profilesOf(cluster).map((profile) => {
      const { profileVersion: _version, ...meta } = templateOf(profile, cluster);
      return { ...meta, scope: profile.scope };
    }),
  };
}

const hoursOfMonth = 730;

function statusOf(cluster: DemoCluster, now: number) {
  const { region, country, healthy, healthConditions, behind } = cluster;
  const hourly = hourlyRate(cluster);
  return {
    state: 'Running',
    health: {
      state: healthy ? 'Healthy' : 'UnHealthy',
      conditions: healthConditions,
      lastHeartBeatTimestamp: ago(now, 1),
      agentVersion: '4.9.0',
    },
    cost: costOf({ compute: rounded(hourly.compute * hoursOfMonth), storage: rounded(hourly.storage * hoursOfMonth) }),
    hourlyRate: costOf(hourly),
    metrics: metricsOf(cluster, now),
    location: { countryName: country, regionName: region, regionCode: region },
    notifications: { isAvailable: Object.keys(behind).length > 0 },
  };
}

function metricsOf({ pools, usage }: DemoCluster, now: number) {
  const metrics = (of: (pool: DemoPool) => number, share: number, unit: string) => {
    const total = pools.reduce((sum, pool) => sum + of(pool) * pool.size, 0);
    const [used, request] = [rounded(total * share), rounded(total * usage.requested)];
    return { total, usage: used, request, limit: total, unit, lastUpdatedTime: ago(now, 1) };
  };
  return {
    cpu: metrics(({ cpu }) => cpu, usage.cpu, 'cores'),
    memory: metrics(({ memory }) => memory, usage.memory, 'Gi'),
  };
}

/** A cluster by itself. */
export function clusterAnswer(cluster: DemoCluster, now: number): object {
  const at = ago(now, 30);
  const packs = profilesOf(cluster).flatMap(({ uid, packs: names }) =>
    names.map((name) => ({ name, profileUid: uid })),
  );
  return {
    apiVersion: 'v1',
    kind: 'SpectroCluster',
    metadata: metadata(cluster, now),
    spec: {
      cloudType: cluster.cloud,
      clusterType: 'PureManage',
      clusterProfileTemplates: profilesOf(cluster).map((profile) => templateOf(profile, cluster)),
    },
    status: {
      state: 'Running',
      conditions: ['CloudInfrastructureReady', 'KubeConfigReady', 'BootstrappingDone'].map((type) => ({
        type,
        status: 'True',
        reason: type,
        message: '',
        lastTransitionTime: ago(now, cluster.createdAgo - 20),
      })),
      packs: packs.map(({ name, profileUid }) => {
        const failure = cluster.failing[name];
        const condition =
          failure === undefined
            ? { type: 'Ready', status: 'True', reason: 'Deployed', message: '', lastTransitionTime: at }
            : { type: 'Ready', status: 'False', reason: 'DeployFailed', message: failure, lastTransitionTime: at };
        return { name, profileUid, type: packOf(name).type, version: versionIn(name, cluster), condition };
      }),
    },
  };
}

/** Its events, newest first. */
export function eventAnswers({ events }: DemoCluster, now: number): readonly object[] {
  return events.map(({ ago: minutes, severity, reason, message, object: [kind, name] }) => ({
    metadata: { creationTimestamp: ago(now, minutes), lastModifiedTimestamp: ago(now, minutes) },
    severity,
    reason,
    message,
    source: { component: 'palette' },
    involvedObject: { kind, name },
  }));
}

/** What it runs, by profile. */
export function runningAnswer(cluster: DemoCluster): object {
  return {
    profiles: profilesOf(cluster).map((profile) => ({
      metadata: { uid: profile.uid, name: profile.name },
      spec: {
        type: profile.type,
        cloudType: profile.cloud,
        packs: profile.packs.map((name) => packAnswer(packOf(name), versionIn(name, cluster))),
      },
    })),
  };
}

/** What its profiles say by now, where that differs. */
export function updatesAnswer(cluster: DemoCluster): object {
  const changed = profilesOf(cluster).filter(({ packs }) => packs.some((name) => Object.hasOwn(cluster.behind, name)));
  return { profiles: changed.map((profile) => templateOf(profile, null)) };
}
