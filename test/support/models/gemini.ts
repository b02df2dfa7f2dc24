import { type Dialect, type Figures, type ModelTurn, sse } from './model-server.ts';

/** The Gemini API, as Gemini CLI speaks it. */
export const gemini: Dialect = {
  provider: 'gemini',
  keyOf: (headers) => headers['x-goog-api-key'] as string | undefined,
  conversation(path, body) {
    const model = /^\/v1beta\/models\/([^/:]+):(?:streamGenerateContent\?alt=sse|generateContent)$/.exec(path)?.[1];
    if (model === undefined) return null;
    const { tools, contents } = body as Request;
    return { model, hasTools: (tools ?? []).length > 0, results: contents.flatMap(resultsOf) };
  },
  events(turn, figures, { model }, nth) {
    // A text comes in two chunks, so that half of the answer is something.
    const parts = partsOf(turn, nth);
    return parts.map((part, at) => {
      const last = at === parts.length - 1;
      const candidate = {
        content: { role: 'model', parts: [part] },
        index: 0,
        ...(last ? { finishReason: 'STOP' } : {}),
      };
      return sse({ candidates: [candidate], usageMetadata: usageOf(figures, last), modelVersion: model });
    });
  },
  plain: (_path, turn, figures, { model }) => ({
    candidates: [{ content: { role: 'model', parts: partsOf(turn, 0) }, finishReason: 'STOP', index: 0 }],
    usageMetadata: usageOf(figures, true),
    modelVersion: model,
  }),
  error: (status) => ({ error: { code: status, message: `test ${status}`, status: statuses[status] ?? 'INTERNAL' } }),
  filler: sse({ candidates: [{ content: { role: 'model', parts: [{ text: 'on and on and on ' }] }, index: 0 }] }),
};

interface Request {
  readonly tools?: readonly unknown[];
  readonly contents: readonly { readonly parts: readonly Part[] }[];
}

interface Part {
  readonly functionResponse?: { readonly response?: { readonly output?: unknown } };
}

const statuses: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

function resultsOf({ parts }: Request['contents'][number]): string[] {
  return parts.flatMap(({ functionResponse }) => {
    if (functionResponse === undefined) return [];
    const { response } = functionResponse;
    return [typeof response?.output === 'string' ? response.output : JSON.stringify(response)];
  });
}

function partsOf(turn: ModelTurn, nth: number): object[] {
  if (turn.kind === 'say') {
    const middle = Math.ceil(turn.text.length / 2);
    return [{ text: turn.text.slice(0, middle) }, { text: turn.text.slice(middle) }];
  }
  const call = callOf(turn);
  return [{ text: 'Looking. ' }, { functionCall: { ...call, id: `call_test_${nth}` } }];
}

function callOf(turn: Exclude<ModelTurn, { kind: 'say' }>): object {
  if (turn.kind === 'tool') return { name: `mcp_nightcrier_${turn.name}`, args: turn.args };
  if (turn.kind === 'run') return { name: 'run_shell_command', args: { command: turn.command } };
  return { name: 'write_file', args: { file_path: turn.path, content: turn.text } };
}

/** Thoughts are told beside what the answer holds, and both are paid; only the last chunk has all. */
function usageOf({ fresh, cached, written, output }: Figures, last: boolean): object {
  const prompt = fresh + cached + written;
  const thoughts = Math.floor(output / 2);
  return {
    promptTokenCount: prompt,
    cachedContentTokenCount: cached,
    ...(last ? { candidatesTokenCount: output - thoughts, thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: last ? prompt + output : prompt,
  };
}
