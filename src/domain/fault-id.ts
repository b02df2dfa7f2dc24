import { createHash } from 'node:crypto';

/**
 * The id that the push server gives a fault: the first 8 bytes, in hex, of SHA-256 over
 * `cluster:faultType:resourceUID:containerName`. `serverCluster` is the server's own name as in
 * its answer to `events_subscribe`, empty when unknown; `container` is empty for what is no pod.
 */
export function faultId(serverCluster: string, faultType: string, uid: string, container: string): string {
  return createHash('sha256').update(`${serverCluster}:${faultType}:${uid}:${container}`).digest('hex').slice(0, 16);
}
