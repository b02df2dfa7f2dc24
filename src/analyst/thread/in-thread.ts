import type { Analyst, Answer, CheckedVerdict, Evidence } from '../../domain/ports.ts';
import type { LocalAnalyst } from '../create-analyst.ts';
import { answerQuestion } from '../questions/answer-question.ts';
import type { AskedQuestion, RulesAnswer } from '../questions/view/kept.ts';
import type { Asked, Value } from './protocol.ts';
import { type ThreadOptions, WorkThread } from './work-thread.ts';

/** What so much evidence takes stays below some milliseconds, characters: it is not worth a thread. */
const smallEvidence = 32 * 1024;

export interface ThreadedAnalyst extends Analyst {
  /** Answers a question from what is kept of an incident. Rejects when it cannot be worked out. */
  question(asked: AskedQuestion): Promise<RulesAnswer>;
  close(): Promise<void>;
}

/**
 * The analyst with its computing in a thread of its own: evidence of a large cluster takes up to a second, and the main
 * loop serves the connections. Small evidence, and what finds no thread, is worked on in place. `close` ends the thread.
 */
export function inThread(analyst: LocalAnalyst, options: ThreadOptions): ThreadedAnalyst {
  const thread = new WorkThread(options);
  const elsewhere = async (asked: Asked): Promise<Value | null> => {
    if (sizeOf(asked) <= smallEvidence) return null;
    const done = await thread.run(asked);
    if (done?.ok === false) throw new Error(done.message);
    return done?.value ?? null;
  };
  return {
    collect: (request, redact, signal) => analyst.collect(request, redact, signal),
    analyse: async (request, evidence) => {
      const answer = await elsewhere({ kind: 'analyse', request, evidence: plain(evidence) });
      return (answer as Answer | null) ?? analyst.analyse(request, evidence);
    },
    check: async (verdict, evidence, served) => {
      const checked = await elsewhere({ kind: 'check', verdict, evidence: plain(evidence), served });
      return (checked as CheckedVerdict | null) ?? analyst.check(verdict, evidence, served);
    },
    question: async (question) => {
      const answer = await elsewhere({ kind: 'question', question });
      return (answer as RulesAnswer | null) ?? answerQuestion(question);
    },
    close: () => thread.close(),
  };
}

/** What crosses is data: the graph of the evidence is read again from its files, off the main loop. */
const plain = ({ files, missing, apiCalls }: Evidence): Evidence => ({ files, missing, apiCalls });

function sizeOf(asked: Asked): number {
  return filesOf(asked).reduce((sum, { text }) => sum + text.length, 0);
}

function filesOf(asked: Asked): Evidence['files'] {
  if (asked.kind === 'question') return asked.question.kept.files;
  return asked.kind === 'check' ? [...asked.evidence.files, ...asked.served] : asked.evidence.files;
}
