/** The result of `tools/call`. */
export interface ToolAnswer {
  readonly content: readonly { readonly type: 'text'; readonly text: string }[];
  readonly isError?: true;
}

export function toolText(text: string): ToolAnswer {
  return { content: [{ type: 'text', text }] };
}

/** A refused call is a normal result with `isError`. */
export function toolError(text: string): ToolAnswer {
  return { content: [{ type: 'text', text }], isError: true };
}
