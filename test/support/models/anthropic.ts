import { type Conversation, type Dialect, type Figures, type ModelTurn, pieces, sse } from './model-server.ts';

/** The Messages API of Anthropic, as Claude Code speaks it. */
export const anthropic: Dialect = {
  provider: 'anthropic',
  keyOf: (headers) => headers['x-api-key'] as string | undefined,
  conversation(path, body) {
    if (!/^\/v1\/messages(\?beta=true)?$/.test(path)) return null;
    const { model, tools, messages } = body as Request;
    return { model, hasTools: (tools ?? []).length > 0, results: messages.flatMap(resultsOf) };
  },
  events(turn, figures, { model }, nth) {
    const block = blockOf(turn, nth);
    const start = { ...messageOf(model, nth), content: [], stop_reason: null, usage: usageOf(figures, 1) };
    const stopReason = block.type === 'text' ? 'end_turn' : 'tool_use';
    return [
      named({ type: 'message_start', message: start }),
      named({ type: 'content_block_start', index: 0, content_block: emptied(block) }),
      ...deltasOf(block).map((delta) => named({ type: 'content_block_delta', index: 0, delta })),
      named({ type: 'content_block_stop', index: 0 }),
      named({
        type: 'message_delta',
        delta: { stop_reason: stopReason, stop_sequence: null },
        usage: { output_tokens: figures.output },
      }),
      named({ type: 'message_stop' }),
    ];
  },
  plain: (_path, turn, figures, { model }) => ({
    ...messageOf(model, 0),
    content: [blockOf(turn, 0)],
    stop_reason: 'end_turn',
    usage: usageOf(figures, figures.output),
  }),
  error: (status) => ({ type: 'error', error: { type: errorTypes[status] ?? 'api_error', message: `test ${status}` } }),
  filler: sse(
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'on and on and on ' } },
    'content_block_delta',
  ),
};

interface Request {
  readonly model: string;
  readonly tools?: readonly unknown[];
  readonly messages: readonly Message[];
}

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly content?: unknown }[];
}

type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object };

const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function resultsOf({ content }: Message): string[] {
  if (typeof content === 'string') return [];
  return content.filter(({ type }) => type === 'tool_result').map((block) => textOf(block.content));
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : '';
  return (content as { text?: string }[]).map(({ text }) => text ?? '').join('\n');
}

function blockOf(turn: ModelTurn, nth: number): Block {
  if (turn.kind === 'say') return { type: 'text', text: turn.text };
  const call = { type: 'tool_use' as const, id: `toolu_test_${nth}` };
  if (turn.kind === 'tool') return { ...call, name: `mcp__nightcrier__${turn.name}`, input: turn.args };
  return turn.kind === 'run'
    ? { ...call, name: 'Bash', input: { command: turn.command, description: 'look' } }
    : { ...call, name: 'Write', input: { file_path: turn.path, content: turn.text } };
}

function emptied(block: Block): object {
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function deltasOf(block: Block): object[] {
  return block.type === 'text'
    ? pieces(block.text).map((text) => ({ type: 'text_delta', text }))
    : pieces(JSON.stringify(block.input)).map((json) => ({ type: 'input_json_delta', partial_json: json }));
}

function messageOf(model: Conversation['model'], nth: number): object {
  return { id: `msg_test_${nth}`, type: 'message', role: 'assistant', model, stop_sequence: null };
}

function usageOf({ fresh, cached, written }: Figures, output: number): object {
  return {
    input_tokens: fresh,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
  };
}

function named(event: { readonly type: string; readonly [key: string]: unknown }): string {
  return sse(event, event.type);
}
