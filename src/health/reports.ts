import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../domain/ports.ts';
import { isStoredPath, storedFileHeaders } from '../lib/http/stored-file.ts';
import { ProblemError } from '../lib/problem.ts';
import { HttpProblem, notFound } from './errors.ts';

/** The stored files under `/reports/CLUSTER/ID/`; what people open is `/i/ID` and what stands below it. */
export function reportRoutes(
  app: FastifyInstance,
  { artifacts }: { readonly artifacts: Pick<ArtifactStore, 'get'> },
): void {
  const stored = async (cluster: string, id: string, path: string): Promise<Buffer | null> => {
    try {
      return await artifacts.get(cluster, id, path);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, message, fix } = error.toProblem();
      throw new HttpProblem(503, { code, title: message, fix, about: '' }, message);
    }
  };

  app.get<{ Params: { cluster: string; incident: string; '*': string } }>(
    '/reports/:cluster/:incident/*',
    async (request, reply) => {
      const { cluster, incident, '*': path } = request.params;
      const file = path === '' ? 'index.html' : path;
      const content = isSafe(cluster, incident, file) ? await stored(cluster, incident, file) : null;
      if (content === null) throw new HttpProblem(404, notFound, 'there is no such file');
      return reply.headers(storedFileHeaders(file)).send(content);
    },
  );
}

/** Names that the store itself gives, and nothing that climbs. The store checks too. */
function isSafe(cluster: string, incident: string, path: string): boolean {
  return /^[A-Za-z0-9_-]{1,63}$/.test(cluster) && /^[A-Za-z0-9_-]{1,100}$/.test(incident) && isStoredPath(path);
}
