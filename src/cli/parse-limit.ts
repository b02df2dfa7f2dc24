import { InvalidArgumentError } from 'commander';

/** `--limit` of a list, from 1 to 1,000. @throws InvalidArgumentError */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError('It must be from 1 to 1000.');
  return limit;
}
