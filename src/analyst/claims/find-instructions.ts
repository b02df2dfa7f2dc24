import type { EvidenceFile } from '../../domain/ports.ts';

/** Words by which a text addresses an assistant or gives it orders: data must not do that. */
const patterns: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|all|any|other|earlier|your)\b[^.\n]{0,40}\b(?:instructions?|evidence|prompts?|rules?|findings?|context|logs?|guidelines?)\b/i,
  /\b(?:system|developer|assistant)\s*(?:prompt|instruction|override)s?\b|\b(?:system|developer) message\s*:/i,
  /\b(?:AI|LLMs?|language models?|chatbots?|assistants?|copilots?|(?:AI|LLM|triage|automated|autonomous|remediation|on-?call|SRE|investigating|investigation) (?:agents?|bots?|responders?)|GPT)\b[^.\n]{0,60}\b(?:must|should|shall|please|are (?:instructed|required|authori[sz]ed|pre-?approved)|report|conclude|respond|run|execute|answer|state)\b/i,
  /\b(?:note|message|instructions?|attention|important|to)\b[^.\n]{0,20}\b(?:for|to) (?:the |any |all )?(?:AI|LLM|automated|assistants?|agents?|incident responders?|triage (?:bots?|tools?|agents?)|language models?)\b/i,
  /\byou are (?:now )?(?:an?|the) [^.\n]{0,40}\b(?:assistant|agent|AI|model|administrator|operator)\b/i,
  /\b(?:report|conclude|state|say|answer)\b[^.\n]{0,60}\b(?:root cause|no fault|is healthy|no action)\b[^.\n]{0,60}\b(?:run|execute|apply|delete|drain)\b/i,
  /\b(?:pre-?approved|already approved|approved by)\b[^.\n]{0,80}\b(?:kubectl|drain|delete|apply|scale|run|execute)\b/i,
  /\b(?:do not|don't|never)\b[^.\n]{0,30}\b(?:mention|report|investigate|look at|tell)\b[^.\n]{0,40}\b(?:this|the|any)\b/i,
  /<\/?(?:system|instructions?|assistant|user)>|\[\/?INST\]|<\|im_start\|>/i,
];

const maxFlags = 20;

/** Texts in the evidence that try to instruct an assistant, one for each text, at most 20. */
export function findInstructions(files: readonly EvidenceFile[]): { file: string; quote: string }[] {
  const found = new Map<string, { file: string; quote: string }>();
  for (const { path, text } of files) {
    for (const line of text.split('\n')) {
      if (found.size >= maxFlags) return [...found.values()];
      if (line.length < 20 || !patterns.some((pattern) => pattern.test(line))) continue;
      const quote = around(line);
      const key = quote.replace(/\d+/g, '#');
      if (!found.has(key)) found.set(key, { file: path, quote });
    }
  }
  return [...found.values()];
}

/** The part of a line around what was recognised, at most 300 characters. */
function around(line: string): string {
  const at = Math.min(...patterns.map((pattern) => pattern.exec(line)?.index ?? Infinity));
  const start = Math.max(0, Math.min(at - 40, line.length - 300));
  return line.slice(start, start + 300).trim();
}
