import { type Dialect, type Figures, type ModelTurn, pieces, sse } from './model-server.ts';

/**
 * The Responses API of OpenAI, as Codex speaks it: with its shell as a function, and (for the newer models, which are
 * offered no `tools` of their own) as JavaScript that calls it.
 */
export const openai: Dialect = {
  provider: 'openai',
  keyOf: (headers) => headers.authorization?.replace(/^Bearer /, ''),
  conversation(path, body) {
    if (path !== '/v1/responses') return null;
    const { model, tools, input } = body as Request;
    const items = typeof input === 'string' ? [] : input;
    const more = items.some(({ type }) => type === 'additional_tools');
    return {
      model: more ? `${model} ${scripted}` : model,
      hasTools: more || (tools ?? []).length > 0,
      results: items.flatMap(resultOf),
    };
  },
  events(turn, figures, { model }, nth) {
    const item = itemOf(turn, nth, model.endsWith(scripted));
    const response = { id: `resp_test_${nth}`, object: 'response', model: model.split(' ')[0], status: 'in_progress' };
    const text = turn.kind === 'say' ? pieces(turn.text) : [];
    return [
      named({ type: 'response.created', response: { ...response, output: [] } }),
      named({ type: 'response.output_item.added', output_index: 0, item }),
      ...text.map((delta) => named({ type: 'response.output_text.delta', item_id: item.id, output_index: 0, delta })),
      named({ type: 'response.output_item.done', output_index: 0, item }),
      named({
        type: 'response.completed',
        response: { ...response, status: 'completed', output: [item], usage: usageOf(figures) },
      }),
    ];
  },
  plain: (_path, turn, figures, { model }) => ({
    id: 'resp_test',
    object: 'response',
    model,
    status: 'completed',
    output: [itemOf(turn, 0, false)],
    usage: usageOf(figures),
  }),
  error: (status) => ({
    error: { message: `test ${status}`, type: 'test_error', param: null, code: codes[status] ?? null },
  }),
  filler: sse(
    { type: 'response.output_text.delta', item_id: 'item_test_0', output_index: 0, delta: 'on and on and on ' },
    'response.output_text.delta',
  ),
};

interface Request {
  readonly model: string;
  readonly tools?: readonly unknown[];
  readonly input: string | readonly Item[];
}

interface Item {
  readonly type?: string;
  readonly output?: unknown;
}

/** Marks the model whose shell is reached by JavaScript. */
const scripted = '(scripted)';
const codes: Record<number, string> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };

function resultOf({ type, output }: Item): string[] {
  if (type !== 'function_call_output' && type !== 'custom_tool_call_output') return [];
  if (typeof output === 'string') return [output];
  if (!Array.isArray(output)) return [JSON.stringify(output)];
  return [(output as { text?: string }[]).map(({ text }) => text ?? '').join('\n')];
}

function itemOf(
  turn: ModelTurn,
  nth: number,
  byScript: boolean,
): { readonly id: string; readonly [key: string]: unknown } {
  const id = `item_test_${nth}`;
  if (turn.kind === 'say') {
    const content = [{ type: 'output_text', text: turn.text, annotations: [] }];
    return { id, type: 'message', role: 'assistant', status: 'completed', content };
  }
  const call = { id, call_id: `call_test_${nth}`, status: 'completed' };
  if (turn.kind === 'tool') return { ...call, ...toolCallOf(turn.name, JSON.stringify(turn.args), byScript) };
  const cmd = turn.kind === 'run' ? turn.command : writing(turn.path, turn.text);
  if (byScript) {
    const input = `const result = await tools.exec_command(${JSON.stringify({ cmd })}); text(result);`;
    return { ...call, type: 'custom_tool_call', name: 'exec', input };
  }
  return { ...call, type: 'function_call', name: 'exec_command', arguments: JSON.stringify({ cmd }) };
}

function toolCallOf(name: string, args: string, byScript: boolean): object {
  if (!byScript) return { type: 'function_call', namespace: 'mcp__nightcrier', name, arguments: args };
  const input = `const result = await tools.mcp__nightcrier__${name}(${args}); text(result);`;
  return { type: 'custom_tool_call', name: 'exec', input };
}

/** A command of the shell that writes a file. */
function writing(path: string, text: string): string {
  return `cat > '${path}' <<'END_OF_FILE'\n${text}\nEND_OF_FILE`;
}

function usageOf({ fresh, cached, written, output }: Figures): object {
  const input = fresh + cached + written;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: Math.floor(output / 2) },
    total_tokens: input + output,
  };
}

function named(event: { readonly type: string; readonly [key: string]: unknown }): string {
  return sse(event, event.type);
}
