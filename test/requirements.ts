/**
 * The requirements that the code claims, as data. A test proves one by naming its id in its title; the gate
 * (requirements.test.ts) fails on an id that nobody proves and on one that is not listed here.
 */
export interface Requirement {
  readonly id: string;
  readonly behaviour: string;
}

export const requirements: readonly Requirement[] = [
  { id: 'CFG-1', behaviour: 'one YAML file describes clusters, their servers and credentials' },
  { id: 'CFG-2', behaviour: 'unknown keys, wrong types, duplicates and missing files are refused, all at once' },
  { id: 'CFG-3', behaviour: 'values refer to the environment and to files; secrets never show' },
  { id: 'CFG-4', behaviour: 'paths are relative to the file; every setting has a default' },
  { id: 'CFG-5', behaviour: 'flag before environment before file; overrides for a cluster and for an environment' },
  { id: 'CFG-6', behaviour: 'a JSON Schema is generated from the schema and committed' },
  {
    id: 'CFG-7',
    behaviour: 'a new configuration is taken over without touching other connections; a bad one changes nothing',
  },
  { id: 'CFG-8', behaviour: 'clusters come from further files, and from Secrets of a management cluster' },
  { id: 'CFG-9', behaviour: 'the example files load as they are' },
  { id: 'CON-1', behaviour: 'one independent connection a cluster, a written-down state machine' },
  { id: 'CON-2', behaviour: 'Streamable HTTP first, SSE as fallback; key, headers, private CA' },
  { id: 'CON-3', behaviour: 'pings, recognises every way to die, backs off with jitter for ever' },
  { id: 'CON-4', behaviour: 'no subscription means sweep; degraded means resubscribe' },
  { id: 'CON-5', behaviour: 'the sweep finds active faults with the ids of push, and sees them clear' },
  { id: 'CON-6', behaviour: 'size, rate and number of what a server sends are bounded' },
  { id: 'CON-7', behaviour: 'a graceful stop unsubscribes and ends the session' },
  { id: 'CON-8', behaviour: 'without an MCP server the Kubernetes API is watched: same ids, same path, nothing lost' },
  { id: 'PER-1', behaviour: 'permissions are asked with real kubectl; unknown is not no' },
  { id: 'PER-2', behaviour: 'what the credential should not be able to do is asked too' },
  { id: 'PER-3', behaviour: 'asking runs beside the connections, bounded, refreshed' },
  { id: 'PER-4', behaviour: 'the snapshot is in the workspace, in the artifacts and in health' },
  { id: 'INT-1', behaviour: 'a fault is on disk first; a repeat updates the active fault' },
  { id: 'INT-2', behaviour: 'one incident for a cluster, root owner and family; a node takes in its pods' },
  { id: 'INT-3', behaviour: 'the severity threshold; silences by matchers, from the file, API and CLI' },
  { id: 'INT-4', behaviour: 'first contact gives one summary; storms are one incident; budgets of agent runs' },
  { id: 'INT-5', behaviour: 'each received fault ends in exactly one outcome' },
  { id: 'INT-6', behaviour: 'the lifecycle of an incident: resolved, reopened, acknowledged and run again' },
  { id: 'INT-7', behaviour: 'triage by hand, and alerts of Prometheus and Alertmanager, on the same path' },
  {
    id: 'INT-9',
    behaviour: 'what may pass by itself is pending: told only when it has stood for the time of its type',
  },
  { id: 'INT-8', behaviour: 'the same in several clusters is one message that lists them' },
  { id: 'TRI-1', behaviour: 'bounded, severity first, fair; taken up again after a crash' },
  { id: 'TRI-2', behaviour: 'a workspace with private modes and retention' },
  {
    id: 'TRI-3',
    behaviour: 'agents as processes or in containers, all by run-agent.sh; exit code alone is no success',
  },
  { id: 'TRI-4', behaviour: 'the container is locked, bounded, labelled, and removed whatever happens' },
  { id: 'TRI-5', behaviour: 'the report has seven sections, the verdict fits its schema' },
  { id: 'TRI-6', behaviour: 'output is validated; a defect has a name' },
  { id: 'TRI-7', behaviour: 'a circuit breaker an agent, on disk, told once; the analyst answers meanwhile' },
  { id: 'TRI-8', behaviour: 'what a run used is kept on its row, shown, told, and summed per cluster and day' },
  { id: 'TRI-9', behaviour: 'triage off: recorded and shown, no run, no message' },
  { id: 'STO-1', behaviour: 'artifacts on the file system or in Azure Blob behind one interface; links with an end' },
  { id: 'STO-2', behaviour: 'what is stored for an incident; HTML is escaped with a strict policy' },
  { id: 'STO-3', behaviour: 'failed runs are stored only when asked for' },
  { id: 'STO-4', behaviour: 'what could not be stored is stored later, from disk; the message goes out meanwhile' },
  { id: 'NOT-1', behaviour: 'one Slack message an incident, updated, details in the thread' },
  { id: 'NOT-2', behaviour: 'the message names cluster, resource, fault, cause, confidence, duration, cost' },
  { id: 'NOT-3', behaviour: 'delivered from an outbox, delayed but never lost, never twice' },
  { id: 'NOT-4', behaviour: 'a signed webhook for programs; the console when nothing is configured' },
  { id: 'NOT-6', behaviour: 'an unreachable cluster is told, and when it is back' },
  { id: 'OPS-1', behaviour: 'health endpoints' },
  { id: 'OPS-2', behaviour: 'metrics and JSON logs' },
  { id: 'OPS-4', behaviour: 'the commands' },
  { id: 'OPS-5', behaviour: 'graceful stop; a second signal exits at once' },
  {
    id: 'OPS-9',
    behaviour:
      'one process a data_dir, told when it cannot be used, and no larger than its limit; runs leave room for the state file; proxies',
  },
  {
    id: 'QUA-1',
    behaviour: 'the analyst names entity, mechanism and wrong value, ranks, and says what it could not see',
  },
  {
    id: 'QUA-3',
    behaviour: 'the analyst works beside the loop that serves connections; what ends it costs no more than one answer',
  },
  { id: 'QUA-2', behaviour: 'the eval measures the analyst over recordings, and no figure falls' },
  {
    id: 'GAT-3',
    behaviour:
      'models are reached with our key and without theirs, streamed; tokens and cost counted; over budget 429 in their form',
  },
  { id: 'GAT-1', behaviour: 'agents read their one cluster through a gateway; everything else is refused' },
  { id: 'GAT-2', behaviour: 'the gateway asks with the credential of any kubeconfig, and shows none to the agent' },
  { id: 'GAT-8', behaviour: 'every request to the gateway is on record, in a chain that shows any change' },
  { id: 'GAT-4', behaviour: 'secrets are taken out of what is stored, told and shown to an agent' },
  {
    id: 'GAT-5',
    behaviour: 'text from a cluster is data: instructions in it are flagged, not followed (analyst only)',
  },
  { id: 'UX-1', behaviour: 'the demo reaches an answer without network, cluster or key' },
  { id: 'UX-2', behaviour: 'the demo says what is simulated' },
  { id: 'UX-3', behaviour: 'an old Node gets one sentence' },
  { id: 'UX-4', behaviour: 'init writes the smallest file that works and never overwrites' },
  { id: 'UX-5', behaviour: 'a configuration error has position, excerpt, caret and the nearest key' },
  { id: 'UX-6', behaviour: 'references cannot add keys' },
  { id: 'UX-7', behaviour: 'no secret in any output' },
  { id: 'UX-11', behaviour: 'the header alone names fault, resource and cluster' },
  { id: 'UX-12', behaviour: 'payloads stay within the limits and say what was cut' },
  { id: 'UX-13', behaviour: 'one channel post an incident; changes are edits' },
  { id: 'UX-14', behaviour: 'no failure of Slack loses a message; a repeat is marked' },
  { id: 'UX-16', behaviour: 'a storm of 500 faults is at most two posts, with what is common and every member listed' },
  { id: 'UX-17', behaviour: 'why finds the faults of an object however the object is named' },
  { id: 'UX-18', behaviour: 'an answer without a model, marked with what produced it' },
  {
    id: 'UX-8',
    behaviour:
      'doctor: positive statements, the error, the fix, the code; what depends is skipped; alike failures are one',
  },
  { id: 'UX-9', behaviour: 'each code is unique, explained offline, and its fix names commands that exist' },
  { id: 'UX-10', behaviour: 'one registry of checks: doctor, health, log and metric say the same codes' },
  { id: 'UX-20', behaviour: 'help with examples, plain output in a pipe, documented exit codes' },
  {
    id: 'UX-22',
    behaviour: 'metrics follow the rules of the field, at most 8 series a cluster besides what its faults became',
  },
  { id: 'UX-19', behaviour: 'every kind of change of a file is noticed; drift is shown with its age' },
  { id: 'PAL-1', behaviour: 'each Palette tool sends exactly the listed calls; others cannot be made' },
  { id: 'PAL-2', behaviour: 'key and project of Palette are headers, and in no text' },
  { id: 'PAL-3', behaviour: 'pages of Palette follow continue, also through our own filters' },
  {
    id: 'PAL-4',
    behaviour: 'what Palette refuses, cannot or is slow with has a code and a fix; at most ten requests a second',
  },
  { id: 'PAL-5', behaviour: 'without a key the demo fleet, marked in every result, never mixed with what is real' },
  {
    id: 'PAL-6',
    behaviour:
      'compare shows packs and drift; recommendations are explained and stable; findings have rule, path, severity',
  },
];
