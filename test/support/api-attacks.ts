import { openApiAccess, type ApiAccess } from '../../src/kube/credential/api-access.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import type { ControlPlane } from './control-plane.ts';

/** One row of the discovery of an API server: a resource, or one of its subresources. */
export interface Discovered {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespaced: boolean;
  readonly kind: string;
}

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly { readonly name: string; readonly namespaced: boolean; readonly kind: string }[];
}

/** Everything that an API server serves, by its own discovery, in every version. */
export async function discoverAll(plane: ControlPlane): Promise<Discovered[]> {
  const read = async <T>(path: string): Promise<T> => JSON.parse(await plane.kubectl(['get', '--raw', path])) as T;
  const { groups } = await read<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis');
  const versions = groups.flatMap(({ versions: all }) => all.map(({ groupVersion }) => `/apis/${groupVersion}`));
  const found: Discovered[] = [];
  for (const path of ['/api/v1', ...versions]) {
    const { groupVersion, resources } = await read<ResourceList>(path);
    const [first = '', second] = groupVersion.split('/');
    const of = { group: second === undefined ? '' : first, version: second ?? first };
    for (const { name, namespaced, kind } of resources) {
      const [resource = '', ...rest] = name.split('/');
      found.push({ ...of, resource, subresource: rest.join('/'), namespaced, kind });
    }
  }
  return found;
}

/** A request of the matrix, and the verb of RBAC that it stands for. */
export interface Attack {
  readonly verb: string;
  readonly method: string;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Every way to ask for a resource: each verb, on one object, on all of them, on a subresource, and as a connection. */
export function attacksOn({ group, version, resource, subresource, namespaced }: Discovered): Attack[] {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const all = `${root}${namespaced ? '/namespaces/default' : ''}/${resource}`;
  const one = `${all}/default${subresource === '' ? '' : `/${subresource}`}`;
  const json = { 'Content-Type': 'application/json' };
  const attack = (verb: string, method: string, address: string, headers = {}, body = ''): Attack => ({
    verb,
    method,
    address,
    headers,
    body,
  });
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  const onOne = [
    attack('get', 'GET', one),
    attack('get', 'HEAD', one),
    attack('update', 'PUT', one, json, '{}'),
    attack('patch', 'PATCH', one, { 'Content-Type': 'application/merge-patch+json' }, '{"metadata":{}}'),
    attack(
      'patch',
      'PATCH',
      `${one}?fieldManager=x&force=true`,
      { 'Content-Type': 'application/apply-patch+yaml' },
      '{}',
    ),
    attack('delete', 'DELETE', one),
    attack('connect', 'GET', `${one}?command=id&stdout=true`, upgrade),
    attack('connect', 'POST', `${one}?command=id&stdout=true`, { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' }),
  ];
  if (subresource !== '') return [...onOne, attack('create', 'POST', one, json, '{}')];
  return [
    ...onOne,
    attack('list', 'GET', all),
    attack('watch', 'GET', `${all}?watch=true&timeoutSeconds=1`),
    attack('create', 'POST', all, json, '{}'),
    attack('deletecollection', 'DELETE', all),
    attack('impersonate', 'GET', all, { 'Impersonate-User': 'admin', 'Impersonate-Group': 'system:masters' }),
  ];
}

/** Whether an attack is nothing but a read that an agent may make. */
export function isRead({ verb, method }: Attack, { group, resource, subresource }: Discovered): boolean {
  if (verb === 'impersonate' || verb === 'connect') return false;
  if (method === 'POST') return subresource === '' && /^selfsubject(access|rules)?reviews$/.test(resource);
  if (method !== 'GET' && method !== 'HEAD') return false;
  const isLog = group === '' && resource === 'pods' && subresource === 'log';
  return isLog || ['', 'status', 'scale'].includes(subresource);
}

/** An access of a kubeconfig, with what it sends to the API server. */
export async function recordedAccess(
  kubeconfig: string,
): Promise<{ access: ApiAccess; sent: { method: string; path: string; headers: unknown }[] }> {
  const sent: { method: string; path: string; headers: unknown }[] = [];
  const access = await openApiAccess([kubeconfig], null, { spawn: spawnProcess, clock: systemClock, env: {} });
  return {
    sent,
    access: {
      refused: () => access.refused(),
      connect: async () => {
        const connection = await access.connect();
        const dispatcher = connection.dispatcher.compose((dispatch) => (options, handler) => {
          sent.push({ method: String(options.method), path: options.path, headers: options.headers });
          return dispatch(options, handler);
        });
        return { ...connection, dispatcher };
      },
    },
  };
}
