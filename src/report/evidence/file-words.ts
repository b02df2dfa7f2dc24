import { oneLine } from '../../lib/text.ts';
import { logPlace, objectOf } from './objects.ts';

const known: Readonly<Record<string, string>> = {
  'investigation.html': 'Report as a page',
  'investigation.md': 'Report as Markdown',
  'verdict.json': 'Verdict, for programs',
  'findings.json': 'Findings, for programs',
  'incident.json': 'Incident, for programs',
  'incident_cluster_permissions.json': 'What the credential of the cluster may do',
  'investigation.agent.md': 'Report of the agent, refused: not the answer',
  'verdict.agent.json': 'Verdict of the agent, refused: not the answer',
  'evidence/index.json': 'What was read, and what does not exist',
  'evidence/completeness.json': 'What was read, for programs',
  'logs/events.jsonl': 'What the investigation did, step by step',
};

/** What a stored file is, in words: the object that it holds, not its path. */
export function fileWords(path: string): string {
  const log = logPlace(path);
  if (log !== null) {
    const run = log.previous ? ', before its last restart' : '';
    return oneLine(`Log of container ${log.container} of Pod ${log.namespace}/${log.pod}${run}`, 300);
  }
  const namespace = /^evidence\/events\/(.+)\.json$/.exec(path)?.[1];
  if (namespace !== undefined) {
    return namespace === '_cluster' ? 'Events of the cluster' : oneLine(`Events of namespace ${namespace}`, 300);
  }
  if (Object.hasOwn(known, path)) return known[path] ?? path;
  return objectOf(path, null) ?? oneLine(path, 300);
}
