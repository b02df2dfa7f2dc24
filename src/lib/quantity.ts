import { z } from 'zod';

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/** What a duration and a size look like; the configuration's description finds such keys by their pattern. */
export const durationPattern = /^(\d+(ms|s|m|h|d))+$/;
export const sizePattern = /^\d+(Ki|Mi|Gi)?$/;

/** `30s`, `10m`, `168h`, `1h30m` → milliseconds; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!durationPattern.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (durationUnits[unit ?? ''] ?? 0);
  }
  return total;
}

/** Milliseconds → the shortest exact form (`90000` → `1m30s`). */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let out = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = durationUnits[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) out += `${count}${unit}`;
    rest -= count * size;
  }
  return out;
}

/** `512Mi`, `2Gi`, `1048576` → bytes; null when it is not a size. */
export function parseSize(text: string): number | null {
  const match = /^(\d+)(Ki|Mi|Gi)?$/.exec(text);
  return match ? Number(match[1]) * (sizeUnits[match[2] ?? ''] ?? 1) : null;
}

const durationText = z.string().regex(durationPattern, 'a duration such as 30s, 10m or 168h');
const sizeText = z.string().regex(sizePattern, 'a size such as 512Mi or 2Gi');

/** A duration in a configuration file: a text as in `30s`, milliseconds after parsing. */
export function duration(fallback: string) {
  return durationText.default(fallback).transform((text) => parseDuration(text) ?? 0);
}

/** A duration that need not be set and has no default. */
export function optionalDuration() {
  return durationText.transform((text) => parseDuration(text) ?? 0).optional();
}

/** A size in a configuration file: a text as in `512Mi`, bytes after parsing. */
export function size(fallback: string) {
  return sizeText.default(fallback).transform((text) => parseSize(text) ?? 0);
}
