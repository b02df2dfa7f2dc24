import { oneLine, printable } from '../../lib/text.ts';
import type { CliIo } from '../context.ts';
import type { UsableContext } from './contexts.ts';

type Asking = Pick<CliIo, 'ask' | 'stderr'>;

/** So many answers that cannot be used are asked again; then the question is given up as if the person had left. */
const maxTries = 3;

/**
 * Which contexts become clusters: `all`, numbers or names. Asked only where there is a choice and a terminal; else it is
 * the current one, or the only one. Null: the person left.
 */
export async function askContexts(
  io: Asking,
  contexts: readonly UsableContext[],
  current: string | null,
): Promise<readonly UsableContext[] | null> {
  const usual = contexts.filter(({ name }) => name === current);
  const fallback = usual.length > 0 ? usual : contexts.slice(0, 1);
  if (io.ask === null || contexts.length < 2) return fallback;
  for (const [index, { name }] of contexts.entries()) io.stderr.write(`  ${index + 1}  ${oneLine(name, 200)}\n`);
  const shown = oneLine(fallback.map(({ name }) => name).join(', '), 200);
  const chosen = await ask(io, `Which clusters? Numbers or names, or all [${shown}]: `, async (answer) => {
    if (answer === '') return { value: fallback };
    if (answer === 'all') return { value: contexts };
    const words = answer.split(/[\s,]+/).filter((word) => word !== '');
    const found = words.map((word) => contexts.find(({ name }, at) => name === word || String(at + 1) === word));
    const missing = words.find((_, at) => found[at] === undefined);
    if (missing !== undefined) return { mistake: `there is no context "${oneLine(missing, 80)}"` };
    return { value: [...new Set(found.filter((context) => context !== undefined))] };
  });
  return chosen ?? null;
}

/** Null: the API is watched, which is what happens where nobody can be asked. Undefined: the person left. */
export async function askEndpoint(io: Asking, names: readonly string[]): Promise<string | null | undefined> {
  if (io.ask === null) return null;
  const template = names.length > 1 ? ", {name} in it is the cluster's name" : '';
  const question = `Address of the kubernetes-mcp-server${template} [none: the Kubernetes API is watched]: `;
  return ask(io, question, async (answer) => {
    if (answer === '') return { value: null };
    const mistake = await endpointMistake(answer, names);
    return mistake === null ? { value: answer } : { mistake };
  });
}

/** Null: the console. Undefined: the person left. */
export async function askChannel(io: Asking): Promise<string | null | undefined> {
  if (io.ask === null) return null;
  return ask(io, 'Slack channel for messages, such as #incidents [none: the console]: ', async (answer) => {
    if (answer === '') return { value: null };
    if (/^[#A-Za-z0-9][^\s#]{0,79}$/.test(answer)) return { value: answer };
    return { mistake: 'a channel is one word, such as #incidents or C0123456789' };
  });
}

/** What is wrong with the address of a server, by the rules of the configuration; null when nothing is. */
export async function endpointMistake(endpoint: string, names: readonly string[]): Promise<string | null> {
  const { parseConfig } = await import('../../config/load.ts');
  const { ConfigError } = await import('../../config/errors.ts');
  const mcp = { endpoint: endpoint.replaceAll('{name}', names[0] ?? 'cluster') };
  try {
    parseConfig({ clusters: [{ name: 'cluster', mcp, triage: { enabled: false } }] }, '/');
    return null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [problem] = error.problems;
    return oneLine((problem?.message ?? '').replace(/^clusters\[0\]\.mcp\.endpoint is /, ''), 300);
  }
}

type Judged<T> = { readonly value: T } | { readonly mistake: string };

/** Undefined: the person left, or gave no answer that can be used. */
async function ask<T>(
  io: Asking,
  question: string,
  judge: (answer: string) => Promise<Judged<T>>,
): Promise<T | undefined> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const answer = (await io.ask?.(question)) ?? null;
    if (answer === null) return undefined;
    const judged = await judge(answer.trim());
    if ('value' in judged) return judged.value;
    io.stderr.write(`${printable(judged.mistake)}\n`);
  }
  return undefined;
}
