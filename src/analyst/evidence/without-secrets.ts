import type { EvidenceFile } from '../../domain/ports.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import { type GatheredEvidence, readEvidence } from '../model/evidence-files.ts';

/**
 * The evidence without secrets, as everything that follows sees it: analyst, report, agent, artifacts, messages. Looked at
 * twice, because what one file names as a secret may stand in another without its name. Where there is nothing to hide it
 * is the same evidence with its graph.
 */
export function withoutSecrets(evidence: GatheredEvidence, redact: Redactor): GatheredEvidence {
  const before = redact.count;
  const once = evidence.files.map((file) => redacted(file, redact));
  if (redact.count === before) return evidence;
  return readEvidence(once.map((file) => redacted(file, redact)));
}

function redacted(file: EvidenceFile, redact: Redactor): EvidenceFile {
  const value = file.path.endsWith('.json') ? parseJson(file.text) : null;
  if (value === null) return { ...file, text: redact.text(file.text) };
  const clean = redact.value(value);
  return clean === value ? file : { ...file, text: JSON.stringify(clean, null, 1) };
}
