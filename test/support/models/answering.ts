import type { ModelScript } from './model-server.ts';

/** What is written as the answer, told what the commands gave. */
export type Answering = (outputs: readonly string[]) => object;

/** A model that answers a question: runs the commands, writes `output/answer.json`, and says that it is done. */
export function answering(workspace: string, commands: readonly string[], answer: Answering): ModelScript {
  return ({ results }) => {
    const command = commands[results.length];
    if (command !== undefined) return { kind: 'run', command };
    if (results.length > commands.length) return { kind: 'say', text: 'The answer is in output/answer.json.' };
    const text = JSON.stringify(answer(results.slice(0, commands.length)), null, 2);
    return { kind: 'write', path: `${workspace}/output/answer.json`, text };
  };
}
