import type { ModelScript } from './model-server.ts';

/** What is written at the end; both are told what the commands gave, as the CLI told it to the model. */
export interface Findings {
  report(outputs: readonly string[]): string;
  verdict(outputs: readonly string[]): object;
}

/**
 * A model that investigates: runs the commands one after the other, then writes `output/investigation.md` and
 * `output/verdict.json`, then says that it is done. Where it stands follows from the conversation alone, so that a request
 * that is repeated gets the same answer.
 * @param workspace absolute path of the folder that the CLI works in, as the CLI sees it
 */
export function investigation(workspace: string, commands: readonly string[], findings: Findings): ModelScript {
  return ({ results }) => {
    const done = results.length;
    const command = commands[done];
    if (command !== undefined) return { kind: 'run', command };
    const outputs = results.slice(0, commands.length);
    const path = (name: string): string => `${workspace}/output/${name}`;
    if (done === commands.length)
      return { kind: 'write', path: path('investigation.md'), text: findings.report(outputs) };
    if (done === commands.length + 1) {
      return { kind: 'write', path: path('verdict.json'), text: JSON.stringify(findings.verdict(outputs), null, 2) };
    }
    return { kind: 'say', text: 'The investigation is done; the report is in output/investigation.md.' };
  };
}
