import type { ProblemKind } from '../lib/problem.ts';

export const analystProblems = {
  tooManyQuestions: {
    code: 'NC-ANALYST-001',
    title: 'Too many questions are asked',
    fix: 'Ask again in a minute; the report of the incident has the same evidence.',
    about:
      'Each question reads the evidence of its incident and is worked on beside the investigations. So at most 60 are answered in a minute and 4 at the same time, whoever asks and wherever.',
  },
  questionUnanswered: {
    code: 'NC-ANALYST-002',
    title: 'A question could not be answered now',
    fix: 'Ask again; nightcrier show ID and the report have the answer of the investigation.',
    about:
      'What is kept of the incident could not be read (the store of artifacts, its network or disk), or it took longer than 20 s. The message says what failed.',
  },
} as const satisfies Record<string, ProblemKind>;
