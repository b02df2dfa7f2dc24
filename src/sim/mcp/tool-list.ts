interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly annotations: object;
}

const text = (description: string) => ({ type: 'string', description });
const namespace = text('Optional Namespace. If not provided, all namespaces');
const labelSelector = text("Optional Kubernetes label selector (e.g. 'app=myapp,env=prod')");
const fieldSelector = text("Optional Kubernetes field selector (e.g. 'type=Warning')");
const apiVersion = text('apiVersion of the resources (examples of valid apiVersion are: v1, apps/v1)');
const kind = text('kind of the resources (examples of valid kind are: Pod, Service, Deployment)');
const podName = text('Name of the Pod');

const table: readonly [name: string, description: string, properties: object, required: readonly string[]][] = [
  ['events_list', 'List Kubernetes events', { fieldSelector, namespace }, []],
  ['events_list_subscriptions', 'List the active event subscriptions of this session', {}, []],
  [
    'events_subscribe',
    'Subscribe to Kubernetes events or faults, delivered as logging/message notifications',
    {
      mode: { type: 'string', enum: ['events', 'faults'], description: 'What is delivered' },
      namespaces: { type: 'array', items: { type: 'string' }, description: 'Namespaces to watch' },
      labelSelector,
      involvedKind: text('Kind of the involved object'),
      involvedName: text('Name of the involved object'),
      involvedNamespace: text('Namespace of the involved object'),
      type: { type: 'string', enum: ['Normal', 'Warning'], description: 'Type of the events' },
      reason: text('Prefix of the reason'),
    },
    [],
  ],
  [
    'events_unsubscribe',
    'Cancel an event subscription',
    { subscriptionId: text('Id of the subscription') },
    ['subscriptionId'],
  ],
  ['namespaces_list', 'List the Kubernetes namespaces', { fieldSelector }, []],
  ['pods_get', 'Get a Kubernetes Pod', { name: podName, namespace }, ['name']],
  ['pods_list', 'List the Kubernetes pods of all namespaces', { fieldSelector, labelSelector }, []],
  [
    'pods_list_in_namespace',
    'List the Kubernetes pods of a namespace',
    { fieldSelector, labelSelector, namespace },
    ['namespace'],
  ],
  [
    'pods_log',
    'Get the logs of a Kubernetes Pod',
    {
      container: text('Name of the container (Optional)'),
      name: podName,
      namespace,
      previous: { type: 'boolean', description: 'Logs of the previous run of the container (Optional)' },
      tail: { type: 'integer', default: 100, minimum: 0, description: 'Lines from the end of the logs (Optional)' },
    },
    ['name'],
  ],
  [
    'resources_get',
    'Get a Kubernetes resource by apiVersion, kind, namespace and name',
    { apiVersion, kind, name: text('Name of the resource'), namespace },
    ['apiVersion', 'kind', 'name'],
  ],
  [
    'resources_list',
    'List Kubernetes resources by apiVersion and kind',
    { apiVersion, fieldSelector, kind, labelSelector, namespace },
    ['apiVersion', 'kind'],
  ],
];

/** `tools/list` of the simulated server; without `events` it is a server that cannot push. */
export function toolList(events: boolean): readonly ToolDescription[] {
  const isSubscription = (name: string): boolean => name.startsWith('events_') && name !== 'events_list';
  return table
    .filter(([name]) => events || !isSubscription(name))
    .map(([name, description, properties, required]) => ({
      annotations: { title: name, readOnlyHint: true, destructiveHint: false, openWorldHint: true },
      description,
      inputSchema: { type: 'object', properties, ...(required.length > 0 && { required }) },
      name,
    }));
}
