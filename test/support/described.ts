/** What `kubectl describe` prints, by its indentation: each line `KEY:  VALUE` with what stands below it. */
export interface Described {
  readonly value: string;
  /** By key; lines without a key are in `lines`. */
  readonly below: ReadonlyMap<string, Described>;
  readonly lines: readonly string[];
}

interface Node {
  readonly indent: number;
  value: string;
  readonly below: Map<string, Node>;
  readonly lines: string[];
}

/** Reads one object of `kubectl describe`. */
export function parseDescribed(text: string): Described {
  const root: Node = { indent: -1, value: '', below: new Map(), lines: [] };
  const open: Node[] = [root];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const indent = line.length - line.trimStart().length;
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    const parent = open.at(-1) ?? root;
    const found = /^\s*([^\s:][^:]*?):(?:\s+(.*))?$/.exec(line);
    parent.lines.push(line.trim());
    if (!found) continue;
    const node: Node = { indent, value: (found[2] ?? '').trim(), below: new Map(), lines: [] };
    parent.below.set(found[1] ?? '', node);
    open.push(node);
  }
  return root;
}

/** The value at a path of keys; undefined when it is not there. */
function at(described: Described, ...path: readonly string[]): Described | undefined {
  return path.reduce<Described | undefined>((found, key) => found?.below.get(key), described);
}

/** What a description of a pod says in both forms: of `describe_pod`, and of `kubectl describe pod`. */
interface PodDescription {
  readonly phase: string | undefined;
  readonly reason: string | null;
  readonly node: string | null;
  readonly service_account: string | null;
  readonly labels: readonly string[];
  readonly qos: string | null;
  readonly controlled_by: string | null;
  readonly node_selector: readonly string[];
  readonly conditions: readonly string[];
  readonly volumes: Readonly<Record<string, string>>;
  readonly containers: Readonly<Record<string, object>>;
  readonly events: readonly (readonly [type: string, reason: string, message: string])[];
}

interface GivenState {
  readonly state: string;
  readonly reason?: string;
  readonly exit_code?: number;
  readonly signal?: number;
}
interface GivenContainer {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: GivenState;
  readonly last_state?: GivenState;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports: readonly string[];
  readonly probes: readonly string[];
  readonly resources: { readonly limits: object; readonly requests: object };
  readonly env: readonly { readonly name: string }[];
  readonly env_from: readonly string[];
  readonly mounts: readonly { readonly path: string; readonly volume: string; readonly read_only: boolean }[];
}

/** The result of `describe_pod` in the form of both. */
export function comparable(given: Readonly<Record<string, unknown>>): PodDescription {
  const text = (key: string): string | null => (given[key] as string | undefined) ?? null;
  const pairs = (key: string): string[] =>
    Object.entries(given[key] as object)
      .map(([name, value]) => `${name}=${value}`)
      .sort();
  const [owner] = given['owners'] as { kind: string; name: string }[];
  const volumes = given['volumes'] as { name: string; type: string; from?: string }[];
  return {
    phase: text('phase') ?? undefined,
    reason: text('reason'),
    node: text('node'),
    service_account: text('service_account'),
    labels: pairs('labels'),
    qos: text('qos'),
    controlled_by: owner === undefined ? null : `${owner.kind}/${owner.name}`,
    node_selector: pairs('node_selector'),
    conditions: (given['conditions'] as { type: string; status: string }[]).map(
      ({ type, status }) => `${type} ${status}`,
    ),
    volumes: Object.fromEntries(
      volumes.map(({ name, type, from = '' }) => [name, type === 'projected' ? type : `${type} ${from}`.trim()]),
    ),
    containers: Object.fromEntries(
      (given['containers'] as GivenContainer[]).map((one) => [one.name, containerOf(one)]),
    ),
    events: (given['events'] as { type: string; reason: string; message: string }[]).map(
      ({ type, reason, message }) => [type, reason, message],
    ),
  };
}

function containerOf(given: GivenContainer): object {
  const { last_state: last, command = [], args = [], state, env, resources, mounts } = given;
  const { image, ready, restarts, ports, probes, env_from: from } = given;
  const stateText = ({ state: name, reason, exit_code: exit, signal }: GivenState): string =>
    [name, reason, exit, signal].filter((part) => part !== undefined).join(' ');
  return {
    image,
    ready,
    restarts,
    ports: ports.join(', '),
    probes,
    state: stateText(state),
    last_state: last === undefined ? null : stateText(last),
    command,
    args,
    limits: resources.limits,
    requests: resources.requests,
    env: env.map(({ name }) => name),
    env_from: from,
    mounts: mounts.map(({ path, volume, read_only: only }) => `${path} from ${volume} (${only ? 'ro' : 'rw'})`).sort(),
  };
}

/** What `kubectl describe pod` prints in the form of both. */
export function describedPod(described: Described): PodDescription {
  const value = (...path: readonly string[]): string | null => at(described, ...path)?.value || null;
  const pairs = (key: string): string[] => pairLines(described, key);
  const containers = [
    ...(at(described, 'Init Containers')?.below ?? []),
    ...(at(described, 'Containers')?.below ?? []),
  ];
  return {
    phase: value('Status')?.split(' ')[0],
    reason: value('Reason'),
    node: value('Node')?.split('/')[0] ?? null,
    service_account: value('Service Account'),
    labels: pairs('Labels').sort(),
    qos: value('QoS Class'),
    controlled_by: value('Controlled By'),
    node_selector: pairs('Node-Selectors').sort(),
    conditions: (at(described, 'Conditions')?.lines ?? [])
      .slice(1)
      .map((line) => line.split(/ +/).slice(0, 2).join(' ')),
    volumes: Object.fromEntries(
      [...(at(described, 'Volumes')?.below ?? [])].map(([name, volume]) => [name, volumeText(volume)]),
    ),
    containers: Object.fromEntries(containers.map(([name, container]) => [name, describedContainer(container)])),
    events: eventsOf(described),
  };
}

/** `a=1` on the line of a key and on those below it, which are indented as far as its value. */
function pairLines(described: Described, key: string): string[] {
  const first = at(described, key);
  const all = [first?.value ?? '', ...(first?.lines ?? [])];
  return all.filter((line) => line.includes('='));
}

const volumeTypes: Readonly<Record<string, readonly [type: string, from: string]>> = {
  ConfigMap: ['configMap', 'Name'],
  Secret: ['secret', 'SecretName'],
  PersistentVolumeClaim: ['persistentVolumeClaim', 'ClaimName'],
  EmptyDir: ['emptyDir', ''],
  Projected: ['projected', ''],
};

function volumeText(volume: Described): string {
  const [word = ''] = (at(volume, 'Type')?.value ?? '').split(' ');
  const [type, from] = volumeTypes[word] ?? [word, ''];
  return `${type} ${at(volume, from)?.value ?? ''}`.trim();
}

function describedContainer(container: Described): object {
  const value = (key: string): string => at(container, key)?.value ?? '';
  const lines = (key: string): readonly string[] => at(container, key)?.lines ?? [];
  const map = (key: string): object =>
    Object.fromEntries([...(at(container, key)?.below ?? [])].map(([name, one]) => [name, one.value]));
  const probes = (['Liveness', 'Readiness', 'Startup'] as const).flatMap((kind) =>
    value(kind) === '' ? [] : [`${kind.toLowerCase()} ${value(kind)}`],
  );
  const ports = value('Port') || value('Ports');
  return {
    image: value('Image'),
    ready: value('Ready') === 'True',
    restarts: Number(value('Restart Count')),
    ports: ports === '<none>' ? '' : ports.replaceAll(/ \([^)]*\)/g, ''),
    probes: probes.map((text) => text.replaceAll(/ +/g, ' ')),
    state: stateOf(at(container, 'State')),
    last_state: at(container, 'Last State') === undefined ? null : stateOf(at(container, 'Last State')),
    command: lines('Command'),
    args: lines('Args'),
    limits: map('Limits'),
    requests: map('Requests'),
    env: [...(at(container, 'Environment')?.below.keys() ?? [])],
    env_from: lines('Environment Variables from').map((line) => line.replace(/^(\S+) +(ConfigMap|Secret).*$/, '$2/$1')),
    mounts: lines('Mounts')
      .filter((line) => line.includes(' from '))
      .map((line) => line.replace(/,path=.*\)/, ')'))
      .toSorted(),
  };
}

function stateOf(state: Described | undefined): string {
  const value = (key: string): string => (state === undefined ? '' : (at(state, key)?.value ?? ''));
  const name = (state?.value ?? '').toLowerCase() || 'unknown';
  return [name, value('Reason'), value('Exit Code'), value('Signal')].filter((part) => part !== '').join(' ');
}

/** Type, reason and message of the events of a description, the newest first. */
export function eventsOf(described: Described): (readonly [string, string, string])[] {
  const lines = (at(described, 'Events')?.lines ?? []).slice(2);
  return lines
    .map((line) => line.split(/ {2,}/))
    .map(([type = '', reason = '', , , message = '']) => [type, reason, message] as const)
    .toReversed();
}
