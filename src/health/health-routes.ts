import type { FastifyInstance } from 'fastify';
import type { Access } from './access.ts';
import { clustersJson } from '../domain/wire/cluster.ts';
import type { HealthServerOptions } from './health-server-options.ts';

type Options = Pick<HealthServerOptions, 'directory' | 'reader' | 'registry' | 'notReady' | 'problems' | 'clock'>;

/** `/health/live`, `/health/ready`, `/health/clusters` and `/metrics`. */
export function healthRoutes(app: FastifyInstance, options: Options & { access: Access }): void {
  const { directory, reader, registry, clock } = options;

  app.get('/health/live', async () => ({ status: 'live' }));

  app.get('/health/ready', async (request, reply) => {
    const reasons = options.notReady();
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    reply.code(reasons.length === 0 ? 200 : 503);
    // Reasons name parts and places: only for who may see details.
    return options.access.isAuthorized(request.headers) ? { status, reasons } : { status };
  });

  app.get('/health/clusters', async () => {
    const { incidents } = await reader.counters();
    return clustersJson(directory.statuses(), incidents, options.problems(), clock.now());
  });

  app.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
