import { parseQuantity } from '../../../kube/quantity.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import { type HeapWords, heapWords } from '../../model/process-words.ts';
import type { LogEntry } from '../../model/parse-log.ts';
import { type Setting, settingsOf } from '../../signals/settings.ts';
import { endRefs, entryRef, entryThat, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

/** Runtimes that end by their own limit of memory, not by the container's. */
export const heapRules: readonly Rule[] = [
  {
    id: 'heap-limit',
    catalogue: [2, 3],
    needs: 'a runtime that says its heap is used up, its own setting and the limit of the container',
    unless: 'the kernel ended the container (OOMKilled): then its memory limit is the cause',
    conclude: eachCrash(heapFull),
  },
];

function heapFull(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  // The kernel's word counts more: then the limit of the container is the cause.
  if (trouble.kind === 'waits' || trouble.end?.reason === 'OOMKilled') return null;
  for (const words of heapWords) {
    const entry = entryThat(trouble, words.said);
    if (entry) return heapConclusion(graph, trouble, words, entry);
  }
  return null;
}

interface Found {
  readonly setting: Setting;
  /** As it stands there: `-Xmx256m`. */
  readonly text: string;
}

function findSetting(graph: EvidenceGraph, trouble: Trouble, words: HeapWords): Found | null {
  for (const setting of settingsOf(graph, trouble.workload, trouble.container.name)) {
    const text = words.setting.exec(setting.value)?.[0];
    if (text !== undefined) return { setting, text };
    if (words.setting.test(`${setting.name}=${setting.value}`)) return { setting, text: setting.value };
  }
  return null;
}

function heapConclusion(graph: EvidenceGraph, trouble: Trouble, words: HeapWords, entry: LogEntry): Conclusion {
  const { container, pod, workload } = trouble;
  const found = findSetting(graph, trouble, words);
  const limit = textAt(container.spec, 'resources', 'limits', 'memory');
  const holder = found?.setting.entity ?? workload.entity;
  const said = /\b(\d{4,}) bytes exhausted/i.exec(entry.message)?.[1];
  const isSure = found !== null && trouble.kind === 'crash' && hasRoom(found.text, limit);
  return conclusion('heap-limit', {
    entity: holder,
    mechanism: 'heap_limit',
    wrongValue: found?.text ?? said ?? (limit || null),
    statement: `The ${where(trouble)} has used up the memory that its runtime (${words.runtime}) gives itself: ${placeOf(found, words)}; ${roomOf(limit)}, and the kernel did not end it. It says: ${fullText(trouble, entry)}`,
    weight: 93,
    confidence: isSure ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      found?.setting.ref ?? null,
      found ? graph.refIn(holder, found.text) : null,
      limit === '' ? null : graph.fieldRef(pod.object, 'memory', limit),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: 'the memory limit of the container: it was not OOMKilled',
    remediation: edit(`${raiseSaid(found, limit)}, or find what fills it`, holder),
  });
}

function placeOf(found: Found | null, words: HeapWords): string {
  if (found === null) return words.unset;
  return found.setting.from === 'env' ? `${found.text} in ${found.setting.name}` : found.text;
}

const roomOf = (limit: string): string =>
  limit === '' ? 'the container has no memory limit of its own' : `the container may use ${limit}`;

const raiseSaid = (found: Found | null, limit: string): string =>
  `Raise the memory that the runtime may use (${found?.text ?? 'set it'})${limit === '' ? '' : `, below the ${limit} of the container`}`;

const fullText = ({ reason }: Trouble, entry: LogEntry): string =>
  reason?.line === entry.line ? reason.text : `${entry.error} ${entry.message}`.trim();

/** Whether the setting is below the limit of the container; a share of it always is. */
function hasRoom(text: string, limit: string): boolean {
  const bytes = bytesOf(text);
  const most = parseQuantity(limit);
  return bytes === null || most === null || bytes < most;
}

const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function bytesOf(text: string): number | null {
  const hex = /\b0x([\da-f]+)$/i.exec(text)?.[1];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const match = /(\d+)([kmg]?)$/i.exec(text);
  if (!match || /Percent|Fraction/i.test(text)) return null;
  const unit = match[2] === '' && /old[-_]space/i.test(text) ? 'm' : (match[2] ?? '').toLowerCase();
  return Number(match[1]) * (units[unit] ?? 1);
}
