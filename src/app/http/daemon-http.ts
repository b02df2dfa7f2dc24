import type { Config } from '../../config/schema.ts';
import { createDashboard } from '../../dashboard/create-dashboard.ts';
import type { HistoryReader } from '../../domain/history.ts';
import type { DashboardOptions } from '../../dashboard/frame/options.ts';
import type { HealthServerOptions } from '../../health/health-server-options.ts';
import { createHealthServer, type HealthServer } from '../../health/server.ts';
import { recent } from '../../lib/work/recent.ts';

export type DaemonHttpOptions = Omit<HealthServerOptions, 'pages' | 'reader' | 'artifacts' | 'host' | 'port'> &
  Pick<DashboardOptions, 'artifacts' | 'budget' | 'agents'> & {
    readonly reader: HealthServerOptions['reader'] & DashboardOptions['reader'] & HistoryReader;
    readonly host: string;
    readonly port: number | 'auto';
  };

/** Problems on pages are so old at most, ms. */
const problemsKeptMs = 2000;

/** How people get in, beside the token. */
export function peopleSettings(health: Config['health']): ReturnType<HealthServerOptions['people']> {
  return { readToken: health.read_token ?? null, proxy: health.proxy ?? null };
}

/** The HTTP server of the daemon with its pages; null when it is turned off. */
export function daemonHttp({ port, ...options }: DaemonHttpOptions): HealthServer | null {
  if (port === 0) return null;
  const { reader, orders, build, clock } = options;
  // Each page shows them, and to look through a thousand clusters takes longer than to make the page.
  const problems = recent(options.problems, problemsKeptMs, clock);
  const pages = createDashboard({ ...options, problems, history: reader, feedback: orders, version: build.version });
  return createHealthServer({ ...options, port: port === 'auto' ? 0 : port, pages });
}
