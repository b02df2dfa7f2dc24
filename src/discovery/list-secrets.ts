import { z } from 'zod';
import type { ApiAccess } from '../kube/credential/api-access.ts';
import { apiGet, statusError } from '../kube/read/api-request.ts';
import { type DiscoverySource } from './config.ts';
import { argoLabel, clusterApiLabel, type Secret, secretSchema } from './secret-kubeconfig.ts';

const limits = { timeoutMs: 15_000, maxBytes: 32 * 1024 * 1024 };
const pageSize = 200;
/** Secrets of one source: a selector that finds more is not meant. */
const maxSecrets = 5000;

const pageSchema = z.looseObject({
  items: z.array(z.unknown()),
  metadata: z.looseObject({ continue: z.string().nullish() }).nullish(),
});

/**
 * The Secrets of a source, all of them, oldest first: of two with one name the older one counts.
 * @throws ReadError when they cannot be listed, Error when there are too many
 */
export async function listSecrets(access: ApiAccess, source: DiscoverySource, signal: AbortSignal): Promise<Secret[]> {
  const found: Secret[] = [];
  for (const selector of selectorsOf(source)) found.push(...(await listOne(access, source, selector, signal)));
  const age = ({ metadata }: Secret): string => metadata.creationTimestamp ?? '';
  const order = ({ metadata: { namespace, name } }: Secret): string => `${namespace}/${name}`;
  return found.sort((a, b) => compare(age(a), age(b)) || compare(order(a), order(b)));
}

async function listOne(
  access: ApiAccess,
  { namespace }: DiscoverySource,
  selector: string,
  signal: AbortSignal,
): Promise<Secret[]> {
  const path =
    namespace === undefined ? '/api/v1/secrets' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  const secrets: Secret[] = [];
  let next = '';
  do {
    const query = new URLSearchParams({ labelSelector: selector, limit: String(pageSize) });
    if (next !== '') query.set('continue', next);
    const answer = await apiGet(access, `${path}?${query.toString()}`, 'application/json', limits, signal);
    if (answer.status !== 200) throw statusError(answer);
    const page = pageSchema.parse(JSON.parse(answer.body.toString('utf8')));
    secrets.push(...page.items.flatMap((item) => secretSchema.safeParse(item).data ?? []));
    if (secrets.length > maxSecrets) throw new Error(`the selector finds more than ${maxSecrets} Secrets`);
    next = page.items.length === 0 ? '' : (page.metadata?.continue ?? '');
  } while (next !== '');
  return secrets;
}

function selectorsOf({ format, selector }: DiscoverySource): string[] {
  const own = {
    auto: [clusterApiLabel, `${argoLabel}=cluster`],
    'cluster-api': [clusterApiLabel],
    argocd: [`${argoLabel}=cluster`],
    kubeconfig: [''],
  }[format];
  return own.map((one) => [one, selector ?? ''].filter((part) => part !== '').join(','));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
