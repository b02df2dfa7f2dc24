import type {
  Analyst,
  Answer,
  CheckedVerdict,
  AnalystRequest,
  Evidence,
  EvidenceFile,
} from '../../src/domain/ports.ts';
import { findingsSample } from './findings-sample.ts';
import type { Redactor } from '../../src/lib/redact/redact.ts';
import { type Verdict, sections } from '../../src/domain/verdict/verdict.ts';

/** A small analyst: one evidence file, one cause; claims are backed when their quote stands in their file. */
export class FakeAnalyst implements Analyst {
  evidence: Evidence = {
    files: [{ path: 'evidence/logs/shop/cart/cart.log', text: "Traceback\nKeyError: 'REDIS_URL'\n" }],
    missing: ['metrics of the node'],
    apiCalls: 3,
  };
  collectError: Error | null = null;
  analyseError: Error | null = null;
  /** Holds `collect` until it resolves. */
  gate: Promise<unknown> = Promise.resolve();
  /** What it says that the evidence rules out. */
  refutes: string[] = [];
  readonly requests: AnalystRequest[] = [];

  async collect(request: AnalystRequest, _redact: Redactor, signal: AbortSignal): Promise<Evidence> {
    this.requests.push(request);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([this.gate, aborted]);
    if (this.collectError) throw this.collectError;
    return this.evidence;
  }

  async analyse(_request: AnalystRequest, evidence: Evidence): Promise<Answer> {
    if (this.analyseError) throw this.analyseError;
    return {
      verdict: verdictOf(evidence.files[0]?.path ?? null),
      findings: findingsSample({ missing: evidence.missing, requests: evidence.apiCalls }),
      markdown: reportOf('built-in'),
      summary: {
        evidence: ["KeyError: 'REDIS_URL'"],
        nextSteps: [{ text: 'Add the key.', command: null, reversible: true }],
        claimsBacked: 1,
        claims: 1,
        missing: evidence.missing,
      },
      flaggedInstructions: [],
    };
  }

  async check(verdict: Verdict, evidence: Evidence, served: readonly EvidenceFile[]): Promise<CheckedVerdict> {
    const backed = verdict.causes.filter((cause) =>
      cause.evidence.some((ref) =>
        [...evidence.files, ...served].some((file) => file.path === ref.file && file.text.includes(ref.quote)),
      ),
    );
    const removed = verdict.causes.length - backed.length;
    return {
      verdict: { ...verdict, causes: backed },
      remarks: removed === 0 ? [] : [`${removed} cause(s) without evidence were removed.`],
      claimsBacked: backed.length,
      claims: verdict.causes.length,
      refuted: this.refutes,
    };
  }
}

export function verdictOf(file: string | null, statement = 'The key REDIS_URL is missing.'): Verdict {
  const evidence = file === null ? [] : [{ file, quote: "KeyError: 'REDIS_URL'" }];
  return {
    version: 1,
    is_fault: true,
    summary: statement,
    causes:
      file === null
        ? []
        : [
            {
              rank: 1,
              entity: { kind: 'ConfigMap', namespace: 'shop', name: 'cart-settings' },
              mechanism: 'missing_key',
              wrong_value: 'REDIS_URL',
              statement,
              confidence: 'high',
              evidence,
            },
          ],
    victims: [{ kind: 'Deployment', namespace: 'shop', name: 'cart' }],
    missing: [],
    remediation: [{ action: 'Add the key.', command: null, risk: 'low', reversible: true, undo: null }],
  };
}

export function reportOf(author: string): string {
  return `# Report of ${author}\n\n${sections.map((title) => `## ${title}\n\nText of ${author}.\n`).join('\n')}`;
}
