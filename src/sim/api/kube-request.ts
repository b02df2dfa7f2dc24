import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { ClusterState } from './cluster-state.ts';
import {
  type AccessAttributes,
  type AccessRule,
  badRequest,
  forbidden,
  methodNotAllowed,
  missingLog,
  noSuchPath,
  notFound,
} from './kube-status.ts';
import { tableColumns } from './kube-columns.ts';
import { knownTypes } from './known-types.ts';
import type { ResourceType } from './resource-types.ts';
import { SelectorError } from './selectors.ts';

export interface KubeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly body: Buffer;
}

export interface KubeAnswer {
  readonly code: number;
  readonly body: object | string;
}

export interface ApiContext {
  readonly state: ClusterState;
  readonly access: AccessRule;
  readonly user: string;
  readonly now: number;
}

interface Target {
  readonly type: ResourceType;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource: string | null;
}

/** Answers one request for resources (`/api/v1/…`, `/apis/GROUP/VERSION/…`). @throws StatusError */
export function answerResource(context: ApiContext, request: KubeRequest): KubeAnswer {
  if (request.path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') return accessReview(context, request);
  const target = targetOf(request.path, knownTypes(context.state));
  const attributes = attributesOf(request, target);
  if (!context.access(attributes)) throw forbidden(context.user, attributes);
  if (request.method !== 'GET') throw methodNotAllowed();
  try {
    if (target.subresource === 'log') return { code: 200, body: logText(context.state, target, request.query) };
    if (target.subresource !== null && target.subresource !== 'status') throw noSuchPath();
    return { code: 200, body: target.name === null ? list(context, target, request) : get(context, target, request) };
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

function targetOf(path: string, types: readonly ResourceType[]): Target {
  const match = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/(.+)$/.exec(path);
  const apiVersion = match?.[1] ?? match?.[2];
  const parts = (match?.[3] ?? '').split('/').map(decodeURIComponent);
  const find = (plural: string | undefined) =>
    types.find((type) => type.apiVersion === apiVersion && type.plural === plural);
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 ? find(parts[2]) : undefined;
  const type = inNamespace ?? find(parts[0]);
  if (!type) throw noSuchPath();
  const [name = null, subresource = null] = parts.slice(inNamespace ? 3 : 1);
  return { type, namespace: inNamespace ? (parts[1] ?? null) : null, name, subresource };
}

function attributesOf(request: KubeRequest, target: Target): AccessAttributes {
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
  const watch = ['true', '1'].includes(request.query.get('watch') ?? '');
  const read = target.name !== null ? 'get' : watch ? 'watch' : 'list';
  return {
    verb: verbs[request.method] ?? read,
    group: target.type.apiVersion.includes('/') ? (target.type.apiVersion.split('/')[0] ?? '') : '',
    resource: target.type.plural,
    subresource: target.subresource ?? '',
    namespace: target.namespace ?? '',
    name: target.name ?? '',
  };
}

function get(context: ApiContext, { type, namespace, name }: Target, request: KubeRequest): object {
  const object = context.state.find(type.apiVersion, type.kind, namespace, name ?? '');
  if (!object) throw notFound(type, name ?? '');
  return wantsTable(request) ? table(context, [object], {}) : object;
}

function list(context: ApiContext, { type, namespace }: Target, request: KubeRequest): object {
  const { query } = request;
  if (['true', '1'].includes(query.get('watch') ?? '')) throw methodNotAllowed();
  const all = context.state.select(type.apiVersion, type.kind, {
    ...(namespace !== null && { namespace }),
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  });
  const start = startOf(query.get('continue'));
  const limit = Number(query.get('limit') ?? 0) || all.length;
  const items = all.slice(start, start + limit);
  const left = all.length - start - items.length;
  const metadata = {
    resourceVersion: String(context.state.version),
    ...(left > 0 && { continue: Buffer.from(String(start + limit)).toString('base64url'), remainingItemCount: left }),
  };
  if (wantsTable(request)) return table(context, items, metadata);
  // As in the API, the objects of a list do not repeat their kind.
  const bare = items.map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
  return { kind: `${type.kind}List`, apiVersion: type.apiVersion, metadata, items: bare };
}

function startOf(token: string | null): number {
  if (!token) return 0;
  const start = Number(Buffer.from(token, 'base64url').toString('utf8'));
  if (!Number.isInteger(start) || start < 0) throw badRequest('continue key is not valid');
  return start;
}

function wantsTable(request: KubeRequest): boolean {
  return /as=Table[^,]*/.test(request.accept) && !request.query.has('raw');
}

const wideColumns = new Set(
  'IP,NODE,NOMINATED NODE,READINESS GATES,INTERNAL-IP,EXTERNAL-IP,OS-IMAGE,KERNEL-VERSION,CONTAINER-RUNTIME,CONTAINERS,IMAGES,SELECTOR,VOLUMEMODE,SUBOBJECT,SOURCE,FIRST SEEN,COUNT'.split(
    ',',
  ),
);

/** A `Table`, which kubectl prints. */
function table(context: ApiContext, items: readonly KubeObject[], metadata: object): object {
  const kind = items[0]?.kind ?? '';
  const columns = tableColumns(kind);
  const isWide = (name: string, index: number): boolean =>
    wideColumns.has(name) && !(kind === 'Service' && name === 'EXTERNAL-IP') && index > 0;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name }, index) => ({
      name: name[0] + name.slice(1).toLowerCase(),
      type: 'string',
      format: name === 'NAME' ? 'name' : '',
      description: '',
      priority: isWide(name, index) ? 1 : 0,
    })),
    rows: items.map((item) => ({
      cells: columns.map((column) => column.value(item, context.now)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata },
    })),
  };
}

function logText(state: ClusterState, { namespace, name }: Target, query: URLSearchParams): string {
  const pod = state.find('v1', 'Pod', namespace, name ?? '');
  if (!pod)
    throw notFound({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, shortNames: [] }, name ?? '');
  const container = query.get('container') ?? onlyContainer(pod);
  const previous = ['true', '1'].includes(query.get('previous') ?? '');
  const number = (key: string): number | undefined => (query.has(key) ? Number(query.get(key)) : undefined);
  const [tailLines, limitBytes] = [number('tailLines'), number('limitBytes')];
  const text = state.log(namespace ?? '', name ?? '', container, {
    previous,
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
  });
  if (text === null) throw badRequest(missingLog(pod, container, previous));
  return text;
}

function onlyContainer(pod: KubeObject): string {
  const spec = pod['spec'] as { containers?: readonly { name: string }[] } | undefined;
  const names = (spec?.containers ?? []).map((container) => container.name);
  if (names.length === 1) return names[0] ?? '';
  const choice = `[${names.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: ${choice}`);
}

function accessReview(context: ApiContext, request: KubeRequest): KubeAnswer {
  if (request.method !== 'POST') throw methodNotAllowed();
  const spec = reviewSpec(request.body);
  if (!spec) throw badRequest('the object provided is unrecognized');
  const asked = spec.resourceAttributes;
  const text = (key: keyof AccessAttributes): string => asked?.[key] ?? '';
  const allowed =
    asked !== undefined &&
    context.access({
      verb: text('verb'),
      group: text('group'),
      resource: text('resource'),
      subresource: text('subresource'),
      namespace: text('namespace'),
      name: text('name'),
    });
  const head = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {} };
  return { code: 201, body: { ...head, spec, status: { allowed } } };
}

interface ReviewSpec {
  readonly resourceAttributes?: Partial<AccessAttributes>;
}

/**
 * The spec of a posted SelfSubjectAccessReview: JSON, or the protobuf form that `kubectl auth can-i` sends
 * (k8s.io/api/authorization/v1 generated.proto). Null when it is neither.
 */
function reviewSpec(body: Buffer): ReviewSpec | null {
  try {
    if (body.subarray(0, 4).equals(protobufMark)) return protobufSpec(body.subarray(4));
    return (JSON.parse(body.toString('utf8')) as { spec?: ReviewSpec }).spec ?? {};
  } catch {
    return null;
  }
}

const protobufMark = Buffer.from('k8s\0');

/** Names of ResourceAttributes by field number. */
const attributeFields: Readonly<Record<number, keyof AccessAttributes>> = {
  1: 'namespace',
  2: 'verb',
  3: 'group',
  5: 'resource',
  6: 'subresource',
  7: 'name',
};

function protobufSpec(envelope: Buffer): ReviewSpec {
  const raw = fieldsOf(envelope).get(2) ?? Buffer.alloc(0);
  const spec = fieldsOf(raw).get(2) ?? Buffer.alloc(0);
  const attributes = fieldsOf(spec).get(1);
  if (!attributes) return {};
  const entries = [...fieldsOf(attributes)].flatMap(([number, value]) => {
    const name = attributeFields[number];
    return name ? [[name, value.toString('utf8')]] : [];
  });
  return { resourceAttributes: Object.fromEntries(entries) };
}

/** Length-delimited fields of a protobuf message by number; numbers are passed over. @throws RangeError when cut */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      fields.set(Math.floor(tag / 8), message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`unexpected wire type ${wireType}`);
  }
  return fields;
}
