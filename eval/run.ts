import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { evaluate, type Result } from './evaluate.ts';
import { explain } from './explain.ts';
import { jsonOutput } from './json-output.ts';
import { defaultDir, type Options, readOptions, usage, UsageError } from './options.ts';
import { resultsPage } from './page.ts';
import { loadRecordings, type Recording, RecordingError } from './recording.ts';
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

async function run(options: Options): Promise<void> {
  const recordings = chosen(loadRecordings(options.dir), options.explain ?? options.report, options.dir);
  const results: Result[] = [];
  for (const recording of recordings) results.push(await evaluate(recording));
  if (options.explain !== null) results.forEach((result) => process.stdout.write(explain(result)));
  else if (options.report !== null) results.forEach(({ answer }) => process.stdout.write(answer.markdown));
  else if (options.output === 'json') process.stdout.write(`${JSON.stringify(jsonOutput(results), null, 2)}\n`);
  else process.stdout.write(textOutput(results));
  if (options.check) compare(results);
  else if (options.dir === defaultDir && options.explain === null && options.report === null) {
    writeFileSync(resultsFile, `${JSON.stringify(recordedResults(results), null, 2)}\n`);
    writeFileSync(pageFile, await resultsPage(recordings, results));
  }
}

function chosen(recordings: readonly Recording[], id: string | null, dir: string): readonly Recording[] {
  if (id === null) return recordings;
  const exact = recordings.filter(({ truth }) => truth.id === id);
  const found = exact.length > 0 ? exact : recordings.filter(({ truth }) => truth.id.startsWith(id));
  if (found.length === 1) return found;
  const ids = (found.length > 0 ? found : recordings).map(({ truth }) => truth.id).join(', ');
  throw new UsageError(found.length > 0 ? `${id} is the beginning of: ${ids}` : `no recording ${id} in ${dir}: ${ids}`);
}

function compare(results: readonly Result[]): void {
  if (!existsSync(resultsFile)) throw new RecordingError(`${resultsFile} is not there: run npm run eval first`);
  const recorded = JSON.parse(readFileSync(resultsFile, 'utf8')) as RecordedResults;
  const worse = fallen(results, recorded);
  for (const sentence of worse) process.stderr.write(`fell: ${sentence}\n`);
  if (worse.length > 0) process.exitCode = 1;
  else if (JSON.stringify(recordedResults(results)) !== JSON.stringify(recorded)) {
    process.stderr.write('no figure fell and some are better: keep them with npm run eval\n');
  }
}
