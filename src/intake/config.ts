import { z } from 'zod';
import { matchersMistake, parseMatchers } from '../domain/silence/matchers.ts';
import { longestPendingMs } from '../domain/decide/pending.ts';
import type { Matcher } from '../domain/fault.ts';
import { knownFaultTypes } from '../domain/fault-types.ts';
import { parseDuration } from '../lib/format.ts';
import { errorText } from '../lib/problem.ts';
import { duration, durationUpTo, optionalDuration } from '../lib/quantity.ts';

const pendingTime = durationUpTo(longestPendingMs).transform((text) => parseDuration(text) ?? 0);

/** Of `group_wait`, ms: first messages wait for it, in a burst ten times as long. */
const longestGroupWaitMs = 10 * 60_000;

const pendingSchema = z
  .partialRecord(z.enum(knownFaultTypes), pendingTime)
  .default({})
  .describe(
    'How long faults of a type stand before anybody is told, over the built-in times (docs/faults.md): what passes by itself meanwhile ends as self_resolved. 0s: told at once.',
  );

const stormLimit = z.int().min(0).max(100_000);

const stormSchema = z
  .strictObject({
    per_cluster: stormLimit
      .default(30)
      .describe('Incidents of one cluster within the window; what would be opened beyond it is one storm incident.'),
    fleet: stormLimit
      .default(150)
      .describe('The same for all clusters together; each has a storm incident of its own.'),
    window: duration('1m').describe('Within which incidents are counted.'),
    end_after: duration('5m').describe('A storm into which nothing came for so long is over.'),
  })
  .describe('When many incidents are told as one; 0: no limit.');

/** What one cluster can have for itself. None has a default: what is not set is the fleet's. */
export const stormOverridesSchema = z
  .strictObject({
    per_cluster: stormLimit.optional().describe('Incidents of this cluster within the window; 0: no limit.'),
    window: optionalDuration().describe('Within which incidents of this cluster are counted.'),
    end_after: optionalDuration().describe('A storm of this cluster into which nothing came for so long is over.'),
  })
  .describe('When many incidents of this cluster are told as one.');

const fleetSchema = z
  .strictObject({
    min_clusters: z
      .int()
      .min(0)
      .max(1000)
      .default(3)
      .describe('The same in so many clusters within the window is one message that lists them; 0 and 1: never.'),
    window: duration('10m').describe('Within which the same is seen.'),
  })
  .describe('When the same image, registry or cause in several clusters is told once: docs/storms.md.');

export const intakeSchema = z
  .strictObject({
    dedup_window: duration('15m').describe('A repeat of a fault within this time only counts up.'),
    group_wait: durationUpTo(longestGroupWaitMs)
      .default('3s')
      .transform((text) => parseDuration(text) ?? 0)
      .describe('How long an incident gathers faults before its run starts, at most 10m.'),
    pending: pendingSchema,
    reopen_window: duration('30m').describe('A fault that is back within this time reopens its incident.'),
    max_open_faults_per_cluster: z
      .int()
      .min(1)
      .default(10_000)
      .describe('More active faults are counted as throttled.'),
    storm: stormSchema.prefault({}),
    fleet: fleetSchema.prefault({}),
  })
  .describe('How faults become incidents.');

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a name of a label');

const alertmanagerSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Takes alerts at POST /api/v2/alerts (from Prometheus) and POST /webhook/alertmanager.'),
    token: z
      .string()
      .optional()
      .describe('Senders then need Authorization: Bearer; without it health.token counts. Required beyond loopback.')
      .meta({ writeOnly: true }),
    cluster_label: labelName
      .default('cluster')
      .describe('Label with the name of the cluster. With one cluster, alerts without it are its.'),
    objects: z
      .array(
        z.strictObject({
          alertname: z.string().optional().describe('Only for alerts of this name.'),
          kind: z.string().min(1).describe('Kind of the object, such as Deployment.'),
          name: labelName.describe('Label with the name of the object.'),
          namespace: labelName.default('namespace').describe('Label with its namespace.'),
        }),
      )
      .default([])
      .describe('Which labels name the object of an alert, before the built-in rules; the first that fits counts.'),
  })
  .describe('Alerts of Prometheus and Alertmanager as faults.');

export const sourcesSchema = z
  .strictObject({ alertmanager: alertmanagerSchema.prefault({}) })
  .describe('Where faults come from besides the clusters themselves.');

const anyAlerts = z.object({ enabled: z.literal(true), token: z.string().nullish() });
const anyHealth = z.object({ host: z.string(), port: z.number(), token: z.string() }).partial();
const loopback = /^(?:localhost|127\.[\d.]+|\[?::1\]?)$/;

/**
 * Why alerts cannot be taken with these settings, one sentence each: they come in over the HTTP server, which is there, and
 * which beyond this machine asks who sends.
 */
export function alertsMistakes(alertmanager: unknown, health: unknown): string[] {
  const alerts = anyAlerts.safeParse(alertmanager);
  if (!alerts.success) return [];
  const server = anyHealth.safeParse(health ?? {}).data ?? {};
  const { host = '127.0.0.1', port, token } = server;
  const asks = Boolean(alerts.data.token ?? token);
  return [
    ...(port === 0 ? ['sources.alertmanager is enabled, and health.port 0 turns the HTTP server off'] : []),
    ...(asks || loopback.test(host)
      ? []
      : [`sources.alertmanager is enabled without a token, and health.host is ${host}`]),
  ];
}

/** Silences of the file; those of a cluster, and of an environment, are counted by themselves. */
const maxConfigured = 200;

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** What their matchers say is checked with the rest of the file (`config/checks.ts`). */
export const silencesSchema = z
  .array(
    z.strictObject({
      matchers: z
        .array(z.string().meta({ examples: ['namespace=batch', 'cluster=~"prod-.*"'] }))
        .min(1)
        .describe('Conditions as in Alertmanager, such as cluster=~"prod-.*" or namespace=dev; all have to fit.'),
      starts_at: moment.optional().describe('ISO 8601 with a time zone; without it at once.'),
      ends_at: moment.optional().describe('ISO 8601 with a time zone; without it as long as it stands in the file.'),
      author: z.string().max(100).default('configuration').describe('Who wants it, shown where it mutes something.'),
      comment: z.string().max(500).default('').describe('Why, shown where it mutes something.'),
    }),
  )
  .max(maxConfigured);

interface SilenceMistake {
  /** Below the list of silences. */
  readonly place: readonly (string | number)[];
  readonly message: string;
}

/**
 * What no schema says of a list of silences as it is written: whether matchers can be read, fit anything less than
 * everything (`ofCluster`: they hold for one cluster or environment anyhow), and the order of the times.
 */
export function silenceMistakes(written: unknown, ofCluster: boolean): SilenceMistake[] {
  if (!Array.isArray(written)) return [];
  return written.flatMap((silence: unknown, index) => {
    const { matchers, starts_at: start, ends_at: end } = Object(silence) as Record<string, unknown>;
    const found = matcherMistakes(Array.isArray(matchers) ? matchers : [], ofCluster);
    const mistakes = found.map(({ place, message }) => ({ place: [index, 'matchers', ...place], message }));
    // What is no time is NaN, which is neither before nor after anything.
    const isReversed = Date.parse(String(end)) <= Date.parse(String(start));
    return isReversed ? [...mistakes, { place: [index, 'ends_at'], message: 'it ends before it starts' }] : mistakes;
  });
}

function matcherMistakes(texts: readonly unknown[], ofCluster: boolean): SilenceMistake[] {
  const mistakes: SilenceMistake[] = [];
  const matchers: Matcher[] = ofCluster ? [{ name: 'cluster', operator: '=', value: 'this one' }] : [];
  for (const [index, text] of texts.entries()) {
    // What is no text the schema tells.
    if (typeof text !== 'string') continue;
    try {
      matchers.push(...parseMatchers(text));
    } catch (error) {
      mistakes.push({ place: [index], message: errorText(error) });
    }
  }
  const together = mistakes.length > 0 || texts.length === 0 ? null : matchersMistake(matchers);
  return together === null ? mistakes : [{ place: [], message: together }];
}
