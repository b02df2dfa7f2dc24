import { answerQuestion } from '../../analyst/questions/answer-question.ts';
import { createQuestionAnswerer } from '../../analyst/questions/create-answerer.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Question, QuestionAnswer } from '../../domain/question.ts';
import { systemClock } from '../../lib/clock.ts';
import { openArtifacts } from '../../storage/artifacts/open-artifacts.ts';
import { openStateReader } from '../../storage/worker/open.ts';
import { CurrentConfig } from '../current-config.ts';

/** Answers a question in this process, without a running daemon. @throws ProblemError */
export async function askAlone(loaded: LoadedConfig, question: Question, signal: AbortSignal): Promise<QuestionAnswer> {
  const { now } = new CurrentConfig(loaded);
  const { state, artifacts } = now.config.storage;
  const reader = await openStateReader(state.path);
  try {
    const answerer = createQuestionAnswerer(
      {
        reader,
        artifacts: await openArtifacts(artifacts, systemClock),
        settings: () => now.questions,
        clock: systemClock,
      },
      async (asked) => answerQuestion(asked),
    );
    return await answerer.answer(question, signal);
  } finally {
    await reader.close();
  }
}
