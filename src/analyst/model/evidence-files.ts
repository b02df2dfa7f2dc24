import { z } from 'zod';
import type { Evidence, EvidenceFile } from '../../domain/ports.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import { entityText } from './entities.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import { indexPath } from './evidence-paths.ts';
import { textAt } from './fields.ts';
import { completeListText, GrowingGraph } from './growing-graph.ts';

/** Evidence with the graph that it was read into: whoever has it parses no file. */
export class GatheredEvidence implements Evidence {
  readonly files: readonly EvidenceFile[];
  readonly missing: readonly string[];
  readonly apiCalls: number;
  readonly graph: EvidenceGraph;

  constructor({ files, missing, apiCalls }: Evidence, graph: EvidenceGraph) {
    this.files = files;
    this.missing = missing;
    this.apiCalls = apiCalls;
    this.graph = graph;
  }
}

/** How far the cluster was read; as data in a file of its own, and in words in the index, which reports quote. */
const completenessPath = 'evidence/completeness.json';
const namespace = z.string().nullable();
const completenessSchema = z.object({
  requests: z.int(),
  /** Objects that were asked for and do not exist. */
  absent: z.array(z.object({ kind: z.string(), namespace, name: z.string() })),
  /** Lists of a whole namespace, or of the cluster, that were read to their end. */
  complete: z.array(z.object({ kind: z.string(), namespace, names: z.array(z.string()) })),
  /** What could not be read, for people. */
  missing: z.array(z.string()),
});
type Completeness = z.infer<typeof completenessSchema>;

const maxFiles = 1500;

/** What the index says of a collection besides what was found. */
export interface About {
  readonly cluster: string;
  readonly focus: readonly string[];
  readonly read_at: string;
  readonly requests: number;
  readonly requests_over_budget: number;
}

/** The files of `evidence/`, at most `maxBytes` of what was read. What does not fit leaves the graph too. */
export function writeEvidence(
  graph: GrowingGraph,
  about: About,
  missing: readonly string[],
  maxBytes: number,
): GatheredEvidence {
  const files: EvidenceFile[] = [];
  let bytes = 0;
  let dropped = 0;
  for (const path of graph.paths()) {
    const text = graph.file(path) ?? '';
    if (bytes + text.length > maxBytes || files.length >= maxFiles) {
      graph.drop(path);
      dropped += 1;
    } else {
      bytes += text.length;
      files.push({ path, text });
    }
  }
  const all = dropped === 0 ? missing : [...missing, `${dropped} files over the size limit of evidence`];
  const absent = graph.absences();
  const complete = graph.completeLists();
  const inWords = { absent: absent.map(entityText).sort(), lists: complete.map(completeListText).sort(), missing: all };
  const data = { requests: about.requests, absent, complete, missing: all };
  for (const [path, content] of [
    [indexPath, { ...about, ...inWords }],
    [completenessPath, data],
  ] as const) {
    const text = JSON.stringify(content, null, 1);
    graph.putText(path, text);
    files.push({ path, text });
  }
  return new GatheredEvidence({ files, missing: all, apiCalls: about.requests }, graph);
}

/** Evidence as its files have it; what is no JSON or no object is left out. The same answer comes of it as when it was collected. */
export function readEvidence(files: readonly EvidenceFile[]): GatheredEvidence {
  const completeness = readCompleteness(files);
  return new GatheredEvidence(
    { files, missing: completeness?.missing ?? [], apiCalls: completeness?.requests ?? 0 },
    readGraph(files, completeness),
  );
}

/** The evidence with its graph: as it was collected, or read from its files. */
export function gathered(evidence: Evidence): GatheredEvidence {
  if (evidence instanceof GatheredEvidence) return evidence;
  return new GatheredEvidence(evidence, readGraph(evidence.files, readCompleteness(evidence.files)));
}

function readGraph(files: readonly EvidenceFile[], completeness: Completeness | null): EvidenceGraph {
  const graph = new GrowingGraph();
  for (const entity of completeness?.absent ?? []) graph.addAbsent(entity);
  for (const list of completeness?.complete ?? []) graph.addCompleteList(list);
  for (const { path, text } of files) {
    if (path.startsWith('evidence/objects/')) {
      const value = parseJson(text);
      if (isObject(value)) graph.putObject(path, value);
    } else if (path.startsWith('evidence/events/')) {
      const items = parseJson(text);
      if (Array.isArray(items)) graph.putEvents(path, items);
    } else {
      graph.putLog(path, text);
    }
    graph.putText(path, text);
  }
  return graph;
}

const isObject = (value: unknown): value is KubeObject =>
  textAt(value, 'kind') !== '' && textAt(value, 'metadata', 'name') !== '';

function readCompleteness(files: readonly EvidenceFile[]): Completeness | null {
  const text = files.find(({ path }) => path === completenessPath)?.text ?? '';
  return completenessSchema.safeParse(parseJson(text)).data ?? null;
}
