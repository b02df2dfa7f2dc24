import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Tool } from '../tool.ts';
import type { ToolErrorCode } from '../tool-error.ts';

export interface McpMetrics {
  begun(): void;
  ended(tool: Pick<Tool, 'name' | 'toolset'>, result: ToolErrorCode | 'ok', seconds: number, bytes: number): void;
}

/** Counts calls of tools (docs/metrics.md). Names of tools are a closed list: what is unknown never gets here. */
export function mcpMetrics(registry: Registry): McpMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'nightcrier_mcp_requests_total',
    help: 'Calls of tools that were answered, by tool and result (ok, or the code of the error).',
    labelNames: ['toolset', 'tool', 'result'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'nightcrier_mcp_request_duration_seconds',
    help: 'How long calls of tools took, by toolset.',
    labelNames: ['toolset'] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120],
    registers,
  });
  const size = new Histogram({
    name: 'nightcrier_mcp_result_bytes',
    help: 'Size of the results of tools, by toolset.',
    labelNames: ['toolset'] as const,
    buckets: [1024, 8192, 65_536, 262_144, 1_048_576],
    registers,
  });
  const inflight = new Gauge({ name: 'nightcrier_mcp_inflight', help: 'Calls of tools that run.', registers });
  return {
    begun: () => inflight.inc(),
    ended: ({ name, toolset }, result, seconds, bytes) => {
      inflight.dec();
      requests.inc({ toolset, tool: name, result });
      duration.observe({ toolset }, seconds);
      size.observe({ toolset }, bytes);
    },
  };
}
