import { readFileSync } from 'node:fs';

/** The lines of a JSONL file below test/fixtures. */
export function readFixtureLines<T>(path: string): T[] {
  const text = readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
