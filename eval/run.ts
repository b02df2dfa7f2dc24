import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { evaluate, type Result, type SetResults } from './evaluate.ts';
import { explain } from './explain.ts';
import { jsonOutput } from './json-output.ts';
import { type Options, readOptions, type Source, usage, UsageError } from './options.ts';
import { resultsPage } from './page.ts';
import { loadRecordings, type Recording, RecordingError } from './recording.ts';
import { evalSets } from './sets.ts';
import { fallen, recordedResults, type RecordedResults } from './recorded-results.ts';
import { textOutput } from './text-output.ts';

/** `npm run eval`: how well the built-in analyst answers recorded faults. Exit 1: a figure fell; 2: wrong usage. */
const resultsFile = path.join(import.meta.dirname, 'results.json');
const pageFile = path.join(import.meta.dirname, '..', 'docs', 'eval.md');

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(usage);
  else await run(options);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof RecordingError)) throw error;
  process.stderr.write(`eval: ${error.message}\n${error instanceof UsageError ? `\n${usage}` : ''}`);
  process.exitCode = 2;
}

interface Chosen {
  readonly source: Source;
  readonly recordings: readonly Recording[];
}

async function run(options: Options): Promise<void> {
  const id = options.explain ?? options.report;
  const all = options.sources.map((source) => ({ source, recordings: loadRecordings(source.dir) }));
  const chosen = id === null ? all : [theOne(all, id)];
  const sets: SetResults[] = [];
  for (const { source, recordings } of chosen) {
    const results: Result[] = [];
    for (const recording of recordings) results.push(await evaluate(recording));
    sets.push({ set: source.set, results });
  }
  print(options, sets);
  if (options.check) compare(sets);
  else if (id === null && sets.length === evalSets.length) {
    const recorded = recordedResults(sets);
    writeFileSync(resultsFile, `${JSON.stringify(recorded, null, 2)}\n`);
    writeFileSync(
      pageFile,
      await resultsPage(sets, Object.fromEntries(all.map(({ source, recordings }) => [source.set, recordings]))),
    );
  }
}

function print(options: Options, sets: readonly SetResults[]): void {
  const results = sets.flatMap((one) => one.results);
  if (options.explain !== null) results.forEach((result) => process.stdout.write(explain(result)));
  else if (options.report !== null) results.forEach(({ answer }) => process.stdout.write(answer.markdown));
  else if (options.output === 'json') process.stdout.write(`${JSON.stringify(jsonOutput(sets), null, 2)}\n`);
  else process.stdout.write(textOutput(sets));
}

/** The recording with that id, or the one whose id begins so. @throws UsageError */
function theOne(sets: readonly Chosen[], id: string): Chosen {
  const all = sets.flatMap(({ source, recordings }) => recordings.map((recording) => ({ source, recording })));
  const exact = all.filter(({ recording }) => recording.truth.id === id);
  const found = exact.length > 0 ? exact : all.filter(({ recording }) => recording.truth.id.startsWith(id));
  const [first] = found;
  if (first && found.length === 1) return { source: first.source, recordings: [first.recording] };
  const ids = (found.length > 0 ? found : all).map(({ recording }) => recording.truth.id).join(', ');
  const where = sets.map(({ source }) => source.dir).join(', ');
  throw new UsageError(first ? `${id} is the beginning of: ${ids}` : `no recording ${id} in ${where}: ${ids}`);
}

function compare(sets: readonly SetResults[]): void {
  if (!existsSync(resultsFile)) throw new RecordingError(`${resultsFile} is not there: run npm run eval first`);
  const recorded = JSON.parse(readFileSync(resultsFile, 'utf8')) as RecordedResults;
  const worse = fallen(sets, recorded);
  for (const sentence of worse) process.stderr.write(`fell: ${sentence}\n`);
  if (worse.length > 0) process.exitCode = 1;
  else if (!isDeepStrictEqual(recordedResults(sets).sets, only(recorded.sets, sets))) {
    process.stderr.write('no figure fell and some are other than recorded: keep them with npm run eval\n');
  }
}

function only(recorded: RecordedResults['sets'], sets: readonly SetResults[]): object {
  const names = new Set(sets.map(({ set }) => set));
  return Object.fromEntries(Object.entries(recorded).filter(([name]) => names.has(name)));
}
