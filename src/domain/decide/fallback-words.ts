/**
 * What an agent did, or what was done to it, by the name of the defect: the words after "agent claude". For reports and
 * messages, where the name of a defect alone says nothing to those who read it.
 */
const words: Readonly<Record<string, string>> = {
  not_started: 'could not be started',
  engine_absent: 'could not be started, there is no container engine',
  engine_unavailable: 'could not be started, the container engine does not answer',
  engine_lost: 'ended with its container engine',
  image_missing: 'could not be started, its image is not on this machine',
  image_unsuitable: 'could not be started, its image is none for agents',
  agent_not_installed: 'is not in its image',
  agent_not_executable: 'cannot be run in its image',
  container_not_started: 'could not be started in its container',
  container_stopped: 'had its container stopped',
  container_removed: 'had its container removed',
  out_of_memory: 'needed more memory than it may',
  over_budget: 'is over its budget',
  breaker_open: 'is not used for now',
  timed_out: 'took longer than its time limit',
  killed: 'was killed before it had an answer',
  output_limit: 'printed more than it may',
  exit_nonzero: 'ended with an error',
  too_many_attempts: 'was interrupted too often',
  report_missing: 'wrote no report',
  report_not_regular: 'left something else than a file as its report',
  report_too_short: 'wrote next to nothing as its report',
  report_too_large: 'wrote a report that is too large',
  report_not_text: 'wrote a report that is no text',
  section_missing: 'left sections of its report out',
  verdict_missing: 'wrote no verdict',
  verdict_not_regular: 'left something else than a file as its verdict',
  verdict_too_large: 'wrote a verdict that is too large',
  verdict_not_json: 'wrote a verdict that is no JSON',
  verdict_schema: 'wrote a verdict that does not have the agreed form',
  cause_without_evidence: 'named a cause without evidence',
  evidence_not_found: 'named evidence that does not exist',
  claims_unbacked: 'made claims that the evidence does not back',
  claims_refuted: 'made claims that the evidence refutes',
  fault_denied: 'says that nothing is wrong, against the evidence',
  check_failed: 'gave an answer that could not be checked',
};

/** Why the built-in analyst answered in an agent's place, on one line: `took longer than its time limit: after 600 s`. */
export function fallbackWords(defect: string | undefined, detail: string): string {
  const said = (defect === undefined ? undefined : words[defect]) ?? 'gave no usable answer';
  const named = defect === undefined || words[defect] !== undefined ? detail : `${defect} ${detail}`.trim();
  return named === '' ? said : `${said}: ${named}`;
}
