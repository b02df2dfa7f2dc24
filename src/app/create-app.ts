import { Registry } from 'prom-client';
import { createAnalyst } from '../analyst/create-analyst.ts';
import { createQuestionAnswerer } from '../analyst/questions/create-answerer.ts';
import { inThread } from '../analyst/thread/in-thread.ts';
import { createStormWatch } from '../intake/storm-watch.ts';
import { UnreachableWatch } from '../intake/unreachable.ts';
import { createAgents } from '../cluster/mcp/agents.ts';
import { heardBefore } from '../cluster/connection/state.ts';
import { createConnectionLog } from '../cluster/connection/connection-log.ts';
import { ClusterManager } from '../cluster/manager.ts';
import { registerClusterMetrics, registerWatchMetrics } from '../cluster/metrics.ts';
import { Sweeper } from '../cluster/sweep/sweeper.ts';
import { knownPolicy } from '../domain/cluster-policy.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { AgentTools } from '../gateway/answer.ts';
import { createAlertReceiver } from '../intake/alerts/receiver.ts';
import { createIntake } from '../intake/intake.ts';
import { registerIntakeMetrics, registerSilenceMetrics } from '../intake/metrics.ts';
import { flattenKubeconfig } from '../kube/credential/kubeconfig.ts';
import { Cleanups } from '../lib/cleanups.ts';
import { systemClock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { Problem } from '../lib/problem.ts';
import { createNotifications } from '../notify/notifications.ts';
import { withFreshLinks } from '../storage/artifacts/fresh-links.ts';
import { openArtifacts, replaceable } from '../storage/artifacts/open-artifacts.ts';
import { createTriage } from '../triage/create-triage.ts';
import { createManualTriage } from '../triage/manual.ts';
import { agentParts } from './agents.ts';
import {
  ClusterAccesses,
  clusterDirectory,
  createPermissions,
  manualTarget,
  triageOnRequest,
  withKnownPolicy,
} from './clusters.ts';
import { daemonProblems } from './daemon-problems.ts';
import { createNotifiers } from './notifiers.ts';
import type { App, AppOptions } from './app.ts';
import { daemonHttp, peopleSettings } from './http/daemon-http.ts';
import { endedSessions, sessionKey } from './http/session-key.ts';
import { countLostLines } from './process/daemon-outputs.ts';
import { daemonSlack, looksOf, type Seen } from './process/daemon-slack.ts';
import { Lifecycle, type Part } from './process/lifecycle.ts';
import { type DaemonMcp, daemonMcp } from './mcp/daemon-mcp.ts';
import { openState } from './process/open-state.ts';
import { packageVersion } from './package-info.ts';
import { createRetention } from '../storage/retention.ts';
import { SizeLimit } from '../storage/size-limit.ts';
import { configApplier } from './apply-config.ts';
import { discoveredClusters } from './discovered-clusters.ts';
import { Reloader, reloadParts } from './reload.ts';
import { reloadJson } from './reload-result.ts';
import { alertSettings, clusterPlaces, connectionSettings, sizeLimitSettings, storePolicy } from './settings.ts';

/** Of the shutdown time, what runs leave for their messages, milliseconds. */
const messagesMs = 2000;

/**
 * Wires everything. One long straight function on purpose: the order of its lines is the order of
 * the start, its releases run in reverse, and nothing else in the code makes a service.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { current, onlyCluster, env, sink, logger, simulated = false } = options;
  const config = () => current.now.config;
  const fleet = () => current.now.fleet;
  const { healthPort } = current.now.loaded;
  const clock = options.clock ?? systemClock;
  const version = packageVersion();
  const registry = new Registry();
  const base = { clock, logger, log: logger, registry, random: Math.random };
  const events = new Emitter<DomainEvents>((error) => logger.error({ err: error }, 'a listener failed'));
  const made = new Cleanups();
  countLostLines(registry, () => options.log?.lost() ?? 0);
  const logProblems = (): Problem[] => [options.log?.problem() ?? null].filter((problem) => problem !== null);
  const known: Seen & { manager?: ClusterManager; mcp?: DaemonMcp } = {};
  const accesses = new ClusterAccesses(fleet, (cluster) => known.manager?.toolsOf(cluster) ?? null, env);
  const discovered = discoveredClusters({ current, accesses, ...base });
  const active = [...fleet().values()].filter(({ name }) => onlyCluster === undefined || name === onlyCluster);
  let url: string | null = null;
  const failure = Promise.withResolvers<never>();
  // Who waits for it hears of it; nobody has to.
  failure.promise.catch(() => {});
  try {
    // State: one process a data_dir, then the store.
    const forMessages = { config, fleet, sink, proxy: env, ...base, ...looksOf(known, clock) };
    const notifiers = await createNotifiers({ ...forMessages, url: () => url });
    made.add('notifiers', () => notifiers.close());
    const { store, problems: storeProblems } = await openState({
      dataDir: config().data_dir,
      file: config().storage.state.path,
      policy: storePolicy(current.now, notifiers.targets),
      made,
      registry,
      logger,
      onStopped: failure.reject,
    });
    known.store = store;
    store.onChange((changes) => events.emit('store:changed', changes));
    const artifacts = replaceable(await openArtifacts(config().storage.artifacts, clock));
    known.artifacts = artifacts;
    made.add('ways to clusters', () => accesses.close());

    // Connections, and the permissions beside them.
    const agents = createAgents(env);
    made.add('connection pools', () => agents.close());
    const manager = new ClusterManager({
      clusters: active,
      settings: () => connectionSettings(config()),
      heard: heardBefore(await store.counters()),
      sweeper: new Sweeper({ clock }),
      store: withKnownPolicy(store, fleet, (cluster) => permissions.current(cluster)),
      agents,
      events,
      ...base,
      metrics: registerClusterMetrics(registry, () => known.manager?.fleet() ?? []),
      watchMetrics: registerWatchMetrics(registry, () => known.manager?.watchedObjects() ?? 0),
      openApi: (cluster) => accesses.openWatched(cluster),
      version,
      credential: accesses,
    });
    known.manager = manager;
    const permissions = createPermissions({ config, clusters: active, accesses, env, clock, events, registry });
    const directory = clusterDirectory(fleet, () => manager.statuses(), permissions);
    const unreachable = new UnreachableWatch({ statuses: () => manager.statuses(), store, clock, logger });

    // The way of a fault: intake, triage, messages.
    const intake = createIntake({
      store,
      permissions,
      settings: (cluster) => fleet().get(cluster) ?? null,
      look: (cluster) => manager.look(cluster),
      ...accesses.forIntake(),
      ...base,
    });
    registerIntakeMetrics(registry, () => store.counters());
    registerSilenceMetrics(registry, () => store.silences(), clock);
    const alerts = createAlertReceiver({
      store,
      settings: () => alertSettings(config(), fleet()),
      policy: (cluster) => knownPolicy(fleet().get(cluster), permissions.current(cluster)),
      ...base,
    });
    const analyst = inThread(createAnalyst({ ...accesses.forAnalyst(), clock, logger }), { clock, logger });
    made.add('analyst', () => analyst.close());
    const { workspaces } = current.now.triage;
    const tools: AgentTools = async (...asked) => await known.mcp?.forAgents(...asked);
    const agentsOfRuns = agentParts({ config, fleet, accesses, workspaces, env, made, tools, ...base });
    const sizeLimit = new SizeLimit({ store, settings: () => sizeLimitSettings(config()), clock, logger });
    const shown = withFreshLinks(store, artifacts);
    const askable = { reader: shown, artifacts, settings: () => current.now.questions, clock };
    const rules = createQuestionAnswerer(askable, (asked) => analyst.question(asked));
    const triage = createTriage({
      store,
      reader: shown,
      analyst,
      rules,
      permissions,
      artifacts,
      ...agentsOfRuns,
      flattenKubeconfig,
      settings: () => current.now.triage,
      sizeLimit,
      ...base,
    });
    const manualTriage = createManualTriage({
      store,
      now: () => clock.now(),
      cluster: (name) => manualTarget(name, { fleet: fleet(), accesses, manager, permissions }),
    });
    const notifications = createNotifications({ store: shown, notifiers: notifiers.notifiers, ...base });
    const slack = daemonSlack({ config, store, answerer: triage.questions, proxy: env, ...base });
    const keepMs = () => config().storage.retention.incidents;
    const retention = createRetention({ store, artifacts, keepMs, clock, logger });

    // A new configuration: what does not ask for it by itself is told.
    const applier = configApplier({
      current,
      store,
      manager,
      permissions,
      accesses,
      notifiers,
      notifications,
      slack,
      artifacts,
      agents: agentsOfRuns,
      discovered,
      ...base,
    });
    const reloader = new Reloader({ current, applier, discovered, ...base });

    const wrong = daemonProblems({
      loaded: () => current.now.loaded,
      fleet,
      accesses,
      directory,
      store,
      env,
      ...base,
      ofParts: () => [
        ...storeProblems(),
        ...notifications.problems(),
        ...slack.problems(),
        ...triage.problems(),
        ...alerts.problems(),
        ...logProblems(),
        ...reloader.problems(),
        ...discovered.problems(),
        ...agentsOfRuns.problems(),
      ],
    });

    // The surfaces that look at all of it.
    const kept = { store: shown, artifacts, triage: triageOnRequest(manualTriage) };
    const seen = { current, accesses, directory, incidents: kept, analyst, problems: wrong.current };
    const mcp = daemonMcp({ ...base, ...seen, simulated, env, version, process: 'mcp' });
    known.mcp = mcp;
    const health = daemonHttp({
      host: config().health.host,
      port: healthPort,
      token: () => config().health.token ?? null,
      publicUrl: () => config().health.public_url ?? null,
      people: () => peopleSettings(config().health),
      sessionKey: await sessionKey(config().data_dir),
      endedSessions: await endedSessions(config().data_dir, clock),
      build: { version },
      directory,
      reader: shown,
      artifacts,
      events,
      notReady: () => [...lifecycle.notReady(), ...storeProblems().map(({ message }) => message)],
      problems: wrong.current,
      manualTriage: triageOnRequest(manualTriage),
      alerts,
      silences: { ...store, fitting: (matchers) => store.fittingFaults(matchers, clusterPlaces(fleet())) },
      orders: store,
      budget: (cluster) => fleet().get(cluster)?.budget ?? null,
      slack,
      questions: triage.questions,
      agents: triage.agents,
      mcp: (request, response) => mcp.serve(request, response),
      reload: async () => reloadJson(await reloader.reload('request')),
      ...base,
    });

    // Stopped in reverse: health goes last, so that people can see what is left.
    const parts: Part[] = [
      ...(health === null
        ? []
        : [{ name: 'health', start: async () => void ({ url } = await health.start()), stop: () => health.stop() }]),
      { name: 'mcp', start: () => {}, stop: () => mcp.stop() },
      { name: 'stored settings', start: () => applier.storeSettings() },
      {
        name: 'notifications',
        start: () => notifications.start(),
        stop: (ms) => notifications.stop(AbortSignal.timeout(Math.ceil(Math.max(1, ms)))),
      },
      { name: 'Slack', start: () => slack.start(), stop: (ms) => slack.stop(Math.max(0, ms - messagesMs)) },
      { name: 'triage', start: () => triage.start(), stop: (ms) => triage.stop(Math.max(0, ms - messagesMs)) },
      { name: 'intake', start: () => intake.start(), stop: () => intake.stop() },
      { name: 'alerts', start: () => alerts.start(), stop: () => alerts.stop() },
      { name: 'permissions', start: () => permissions.start(), stop: () => permissions.stop() },
      { name: 'history of connections', ...createConnectionLog({ store, events, ...base }) },
      { name: 'connections', start: () => manager.start(), stop: () => manager.stop() },
      ...wrong.parts,
      { name: 'unreachable clusters', start: () => unreachable.start(), stop: () => unreachable.stop() },
      { name: 'storms', ...createStormWatch({ store, clock, logger }) },
      { name: 'retention', start: () => retention.start(), stop: () => retention.stop() },
      { name: 'size limit', start: () => sizeLimit.start(), stop: () => sizeLimit.stop() },
      ...(onlyCluster === undefined ? reloadParts(reloader, discovered) : []),
    ];
    const timeoutMs = () => config().shutdown_timeout;
    const lifecycle = new Lifecycle({ parts, release: () => made.run(), timeoutMs, clock, logger });
    return {
      start: async () => {
        await lifecycle.start();
        logger.info({ version, clusters: active.length, url }, 'nightcrier is ready');
      },
      stop: () => lifecycle.stop().then(() => logger.info({}, 'nightcrier has stopped')),
      failed: failure.promise,
      get url() {
        return url;
      },
      store,
      directory,
      manager,
      intake,
      triage,
      notifications,
      manualTriage,
      events,
      reloader,
    };
  } catch (error) {
    await made.run().catch(() => {});
    throw error;
  }
}
