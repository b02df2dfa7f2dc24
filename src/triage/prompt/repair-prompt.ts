import type { FoundDefect } from '../output/defects.ts';
import { fenced } from '../../lib/untrusted/fence.ts';
import { type PromptInput, taskPrompt } from './task-prompt.ts';

const maxDefects = 4000;

/** `repair.md`: the task once more, for an agent whose answer had the wrong form. A new session that sees its old files. */
export function repairPrompt(input: PromptInput, defects: readonly FoundDefect[], behindGateway: boolean): string {
  const list = defects.map(({ defect, detail }) => `${defect}: ${detail}`).join('\n');
  return `# Your answer was refused for its form

What you wrote is in \`rejected/\`. Read it, then write both files whole and anew into \`output/\`, without the defects below; what was good in it can stay. This is the only further try, within what is left of the time limit: investigate again only what a defect asks for.

${fenced(list, 'defects of your answer', maxDefects)}

The task was, and is:

${taskPrompt(input, behindGateway)}`;
}
