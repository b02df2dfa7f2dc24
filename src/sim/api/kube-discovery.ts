import type { ResourceType } from './resource-types.ts';

/** The discovery documents of a simulated API server: `/version`, `/api`, `/apis`, groups and their resources. */
export function discoveryDocument(path: string, types: readonly ResourceType[]): object | null {
  if (path === '/version') return version;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(types).map(groupDocument) };
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  if (group !== undefined) {
    const versions = groupsOf(types).find(([name]) => name === group);
    return versions ? { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(versions) } : null;
  }
  const groupVersion = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/.exec(path);
  return groupVersion ? resourceList(groupVersion[1] ?? groupVersion[2] ?? '', types) : null;
}

const version = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'simulated',
  compiler: 'simulated',
  platform: 'linux/amd64',
};

type Group = readonly [name: string, versions: readonly string[]];

function groupsOf(types: readonly ResourceType[]): Group[] {
  const versions = new Map<string, Set<string>>([['authorization.k8s.io', new Set(['v1'])]]);
  for (const { apiVersion } of types) {
    const [group = '', version] = apiVersion.split('/');
    if (version === undefined) continue;
    versions.set(group, (versions.get(group) ?? new Set()).add(version));
  }
  return [...versions].map(([name, set]) => [name, [...set]]);
}

function groupDocument([name, versions]: Group): object {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function resourceList(groupVersion: string, types: readonly ResourceType[]): object | null {
  const resources = types.filter((type) => type.apiVersion === groupVersion).map(resourceEntry);
  if (groupVersion === 'v1') resources.push(subresource('pods/log', 'Pod', ['get']));
  if (groupVersion === 'authorization.k8s.io/v1') resources.push(accessReview);
  if (resources.length === 0) return null;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function resourceEntry(type: ResourceType): object {
  const { plural, kind, namespaced, shortNames } = type;
  return {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    // Named as in a real API server; what the credential may not do is refused when it is asked.
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    ...(shortNames.length > 0 && { shortNames }),
    ...(plural === 'pods' && { categories: ['all'] }),
  };
}

function subresource(name: string, kind: string, verbs: readonly string[]): object {
  return { name, singularName: '', namespaced: true, kind, verbs };
}

const accessReview = {
  name: 'selfsubjectaccessreviews',
  singularName: 'selfsubjectaccessreview',
  namespaced: false,
  kind: 'SelfSubjectAccessReview',
  verbs: ['create'],
};
