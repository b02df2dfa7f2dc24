import { z } from 'zod';
import { durationPattern, formatDuration, parseDuration, parseSize, sizePattern } from './format.ts';

/** A duration as a text, not yet read. */
const durationText = z
  .string()
  .regex(durationPattern, 'a duration such as 30s, 10m or 168h')
  .meta({ examples: ['30s', '10m', '168h'] });
const sizeText = z
  .string()
  .regex(sizePattern, 'a size such as 512Mi or 2Gi')
  .meta({ examples: ['512Mi', '2Gi'] });

/** A duration in a configuration file: a text as in `30s`, milliseconds after parsing. */
export function duration(fallback: string) {
  return durationText.default(fallback).transform((text) => parseDuration(text) ?? 0);
}

/** A duration that is at most `longestMs`. */
export function durationUpTo(longestMs: number) {
  const expected = `a duration of at most ${formatDuration(longestMs)}`;
  return durationText.refine((text) => (parseDuration(text) ?? 0) <= longestMs, expected);
}

/** A duration that need not be set and has no default. */
export function optionalDuration() {
  return durationText.transform((text) => parseDuration(text) ?? 0).optional();
}

/** A size in a configuration file: a text as in `512Mi`, bytes after parsing. */
export function size(fallback: string) {
  return sizeText.default(fallback).transform((text) => parseSize(text) ?? 0);
}
