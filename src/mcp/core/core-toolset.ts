import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import type { ToolClusters } from '../clusters.ts';
import { define, type Tool, type ToolCall, type Toolset, toolsets, type ToolsetParts } from '../tool.ts';
import { ToolError } from '../tool-error.ts';

export interface CoreToolsetDeps {
  readonly version: string;
  /** What is served beside this. */
  readonly toolsets: () => readonly Toolset[];
  readonly clusters: ToolClusters;
  /** What is simulated: the clusters (`nightcrier demo`), the answers of Palette (no credentials). */
  readonly demo: () => { readonly clusters: boolean; readonly palette: boolean };
  /** Whether `echo` is offered, for trying a client out. */
  readonly echo: boolean;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** How the server is, and what tries a client out: health_check, get_time, echo. */
export function coreToolset(deps: CoreToolsetDeps): ToolsetParts {
  const tools = [healthCheck(deps), getTime(deps), ...(deps.echo ? [echo()] : [])];
  return { toolset: 'core', tools };
}

const healthOutput = z.object({
  status: z.enum(['ok', 'degraded']).describe('degraded: clusters that should be watched are not active.'),
  uptime_s: z.int().describe('Whole seconds since the start.'),
  version: z.string(),
  toolsets: z.array(z.enum(toolsets)).describe('Groups of tools that are served.'),
  clusters: z.object({
    total: z.int(),
    up: z.int().describe('Active: faults of them are found.'),
    down: z.int(),
    unknown: z.int().describe('No connection is kept here, so their state is not known.'),
    not_up: z
      .array(z.object({ name: z.string(), state: z.string(), error: z.string().nullable() }))
      .describe('Those that are down, and why.'),
  }),
  demo: z.object({
    clusters: z.boolean().describe('True: the clusters are simulated, nothing in them is real.'),
    palette: z.boolean().describe('True: what Palette tools give is made up.'),
  }),
});

function healthCheck({ version, toolsets: served, clusters, demo, clock }: CoreToolsetDeps): Tool {
  const started = clock.monotonic();
  return define({
    name: 'health_check',
    toolset: 'core',
    title: 'Health of this server',
    description:
      'How this server is: version, uptime, which groups of tools it serves, how many clusters are up and which are not, and whether anything is simulated. Ask it first when another tool fails.',
    input: z.strictObject({}),
    output: healthOutput,
    run: async (_args, call) => {
      const fleet = clustersSeen(clusters, call);
      return {
        status: fleet.down === 0 ? ('ok' as const) : ('degraded' as const),
        uptime_s: Math.floor((clock.monotonic() - started) / 1000),
        version,
        toolsets: [...served()],
        clusters: fleet,
        demo: demo(),
      };
    },
  });
}

/** The clusters that the caller may ask about, by whether they are watched. */
function clustersSeen(clusters: ToolClusters, { onlyCluster }: ToolCall): z.input<typeof healthOutput>['clusters'] {
  const names = clusters.names().filter((name) => onlyCluster === null || name === onlyCluster);
  const statuses = names.map((name) => ({ name, status: clusters.get(name)?.status() ?? null }));
  const known = statuses.flatMap(({ name, status }) => (status === null ? [] : [{ name, status }]));
  const down = known.filter(({ status }) => status.state !== 'active');
  return {
    total: names.length,
    up: known.length - down.length,
    down: down.length,
    unknown: names.length - known.length,
    not_up: down.map(({ name, status: { state, error } }) => ({ name, state, error: error?.message ?? null })),
  };
}

const timeOutput = z.object({
  iso: z.string().describe('ISO 8601 with the offset of the zone.'),
  unix: z.int().describe('Whole seconds since 1970-01-01 UTC.'),
  timezone: z.string(),
});

function getTime({ clock }: CoreToolsetDeps): Tool {
  return define({
    name: 'get_time',
    toolset: 'core',
    title: 'Current time',
    description:
      'The time of this server now, in a time zone. Use it before you say how long ago something was: times in results are UTC.',
    input: z.strictObject({
      timezone: z
        .string()
        .min(1)
        .max(64)
        .default('UTC')
        .describe('IANA name, such as Europe/Berlin, or an offset such as +02:00.'),
    }),
    output: timeOutput,
    foreign: false,
    run: async ({ timezone }) => {
      const now = clock.now();
      return { iso: isoIn(now, timezone), unix: Math.floor(now / 1000), timezone };
    },
  });
}

/** Local time with its offset, to the second. `ms` since the epoch. @throws ToolError for a zone that is none */
function isoIn(ms: number, timezone: string): string {
  const offset = offsetOf(ms, timezone);
  if (offset === '' || offset === '+00:00') return `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  const shift = (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return `${new Date(ms + shift).toISOString().slice(0, 19)}${offset}`;
}

/** `+05:30`; of UTC '' or `+00:00`. */
function offsetOf(ms: number, timezone: string): string {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  } catch {
    throw unknownZone(timezone);
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  return name.slice('GMT'.length);
}

function unknownZone(timezone: string): ToolError {
  const near = closest(timezone, Intl.supportedValuesOf('timeZone'));
  return new ToolError('invalid_argument', `there is no time zone "${oneLine(timezone, 64)}"`, {
    steps: [`Give an IANA name as timezone, such as UTC or Europe/Berlin; the nearest is ${near}.`],
  });
}

/** Bytes of a message. */
const maxEcho = 4096;

function echo(): Tool {
  return define({
    name: 'echo',
    toolset: 'core',
    title: 'Echo',
    description: 'Gives back what it was given. For trying a client out; it reads nothing.',
    input: z.strictObject({
      message: z
        .string()
        .max(maxEcho)
        .refine((text) => Buffer.byteLength(text) <= maxEcho, `at most ${maxEcho} bytes of UTF-8`)
        .describe(`At most ${maxEcho} bytes.`),
    }),
    output: z.object({ message: z.string() }),
    foreign: false,
    run: async ({ message }) => ({ message }),
  });
}
