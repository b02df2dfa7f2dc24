import { outcomeOf } from '../mcp/outcome.ts';
import { Session, type SessionOptions } from './session.ts';

/**
 * Initializes a session over Streamable HTTP, or over the older SSE transport when that is chosen or, with `auto`, when
 * the server does not know the newer one. @throws ConnectionFailure
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const { url } = options.endpoint;
  const sseFirst = options.transport === 'sse' || (options.transport === 'auto' && url.pathname.endsWith('/sse'));
  if (sseFirst) return await Session.open(options, true, signal);
  try {
    return await Session.open(options, false, signal);
  } catch (error) {
    const outcome = outcomeOf(error);
    const unknown = outcome.kind === 'http' && [400, 404, 405].includes(outcome.status);
    if (options.transport !== 'auto' || !unknown) throw error;
    const older = { ...options, endpoint: { ...options.endpoint, url: olderAddress(url) } };
    return await Session.open(older, true, signal).catch(() => {
      throw error;
    });
  }
}

/** Servers that have both transports have the older one at /sse beside /mcp. */
function olderAddress(url: URL): URL {
  const older = new URL(url);
  older.pathname = older.pathname.replace(/\/mcp\/?$/, '/sse');
  return older;
}
