import type { Evidence, EvidenceFile } from '../../domain/ports.ts';
import { plural, truncate } from '../../lib/text.ts';

export interface EvidenceLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

const evidenceLimits: EvidenceLimits = {
  maxFiles: 2000,
  maxFileBytes: 2 * 1024 * 1024,
  maxTotalBytes: 32 * 1024 * 1024,
};

/**
 * Evidence with names that are safe on disk and in links, and within the limits. It is done before anything cites a
 * file, so that paths in verdicts and on disk agree. What was left out is said in `missing`; where there is nothing to
 * change it is the same object, with all that its collector keeps in it.
 */
export function boundEvidence(evidence: Evidence, limits: EvidenceLimits = evidenceLimits): Evidence {
  const used = new Set<string>();
  const files: EvidenceFile[] = [];
  let total = 0;
  let cut = 0;
  let left = 0;
  for (const file of evidence.files) {
    const text = cutBytes(file.text, limits.maxFileBytes);
    const size = Buffer.byteLength(text);
    if (files.length >= limits.maxFiles || total + size > limits.maxTotalBytes) {
      left += 1;
      continue;
    }
    if (text !== file.text) cut += 1;
    total += size;
    files.push({ path: uniquePath(safePath(file.path), used), text });
  }
  const same = files.length === evidence.files.length && files.every((it, at) => isSame(it, evidence.files[at]));
  if (same) return evidence;
  const missing = [...evidence.missing];
  if (cut > 0) missing.push(`the end of ${plural(cut, 'evidence file')}, cut at ${limits.maxFileBytes} bytes`);
  if (left > 0) missing.push(`${plural(left, 'evidence file')} over the limits of size and number`);
  return { ...evidence, files, missing };
}

const isSame = (a: EvidenceFile, b: EvidenceFile | undefined): boolean => a.path === b?.path && a.text === b.text;

/**
 * A relative path under `evidence/` without `..`, controls, or parts that a file system refuses. Names that Kubernetes allows stay
 * as they are: the analyst finds its files by them.
 */
export function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  if (parts[0] === 'evidence') parts.shift();
  const safe = parts
    .slice(-8)
    .map((part) => truncate(part.replace(/[^A-Za-z0-9._:@+=-]/g, '_'), 220).replace('…', '_'));
  const named = safe.map((part) => part.replace(/^\.+/, '_'));
  return ['evidence', ...(named.length > 0 ? named : ['unnamed'])].join('/');
}

function uniquePath(path: string, used: Set<string>): string {
  let candidate = path;
  for (let count = 2; used.has(candidate.toLowerCase()); count += 1) candidate = `${path}-${count}`;
  used.add(candidate.toLowerCase());
  return candidate;
}

function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  return Buffer.from(text)
    .subarray(0, max)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
}
