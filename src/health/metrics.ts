import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface BuildInfo {
  readonly version: string;
}

/** `slow`: a client that does not read. `too_many`: over the bound. */
const streamDrops = ['slow', 'too_many'] as const;
type StreamDrop = (typeof streamDrops)[number];

export interface HealthMetrics {
  request(handler: string, method: string, code: number, seconds: number): void;
  streamDropped(reason: StreamDrop): void;
  streamClients(count: number): void;
}

/** Process, build and HTTP metrics (docs/metrics.md). */
export function healthMetrics(registry: Registry, build: BuildInfo): HealthMetrics {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'nightcrier_build_info',
    help: 'Always 1; the version that runs.',
    labelNames: ['version', 'node'] as const,
    registers,
  });
  info.set({ ...build, node: process.versions.node }, 1);
  const requests = new Counter({
    name: 'nightcrier_http_requests_total',
    help: 'Requests that were answered, by route, method and status.',
    labelNames: ['handler', 'method', 'code'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'nightcrier_http_request_duration_seconds',
    help: 'How long answers took, by route and method; event streams are not in it.',
    labelNames: ['handler', 'method'] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  const dropped = new Counter({
    name: 'nightcrier_event_streams_dropped_total',
    help: 'Event streams that were closed or refused, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  for (const reason of streamDrops) dropped.inc({ reason }, 0);
  const clients = new Gauge({ name: 'nightcrier_event_streams', help: 'Event streams that stand.', registers });
  return {
    request: (handler, method, code, seconds) => {
      requests.inc({ handler, method, code: String(code) });
      duration.observe({ handler, method }, seconds);
    },
    streamDropped: (reason) => dropped.inc({ reason }),
    streamClients: (count) => clients.set(count),
  };
}
