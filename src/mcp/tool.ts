import type { z } from 'zod';

/** Groups of tools that are turned on together (`mcp.toolsets`); each is also served alone at `/mcp/TOOLSET`. */
export const toolsets = ['core', 'workflows', 'incidents', 'kubernetes', 'flux', 'teleport', 'palette'] as const;
export type Toolset = (typeof toolsets)[number];

/**
 * Who is offered a tool: `assistant`, a person's own; `agent`, ours in a container, which sees the one cluster of its run;
 * `operator`, who runs this service.
 */
export const audiences = ['assistant', 'agent', 'operator'] as const;
export type Audience = (typeof audiences)[number];

/** What an agent in a container is offered: what is about its cluster. */
export const agentToolsets: readonly Toolset[] = ['core', 'incidents', 'kubernetes', 'flux'];

/** What a tool may cost, for the rate limits: `logs` for what reads much (logs, diagnoses). */
export type RateClass = 'reads' | 'logs';

/** A tool as data; `define` makes one from its typed form. Its run gets arguments that its schema has checked. */
export interface Tool {
  readonly name: string;
  readonly toolset: Toolset;
  /** A few words for people. */
  readonly title: string;
  /** For the model: what it gives, when to use it, what it does not do. */
  readonly description: string;
  /** A strict object: what it does not name is refused by name. */
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly audiences: readonly Audience[];
  readonly rate: RateClass;
  /** Limit of one call, ms. */
  readonly timeoutMs: number;
  /** Further names that can be called and are not listed. */
  readonly aliases: readonly string[];
  /**
   * Its name where all toolsets are served together, when its own belongs to another toolset there. It can be called
   * everywhere, so it is what descriptions, fixes and records say.
   */
  readonly nameAmongAll: string;
  /** `own`: it changes what this service keeps (an incident is opened), never a cluster. */
  readonly changes: 'nothing' | 'own';
  /** Its result holds text of a cluster or another service: redacted, marked `untrusted`, searched for instructions. */
  readonly foreign: boolean;
  /** The list of its result that is cut when it is too large, and at which end; the longest one, at its end, by default. */
  readonly cut: { readonly list: string; readonly from: 'start' | 'end' } | null;
  run(args: unknown, call: ToolCall): Promise<Record<string, unknown>>;
}

/** What the run of a tool gets beside its arguments. */
export interface ToolCall {
  /** Ends with the client's cancellation and the tool's time limit: goes into every request and child process. */
  readonly signal: AbortSignal;
  /** Says how far it is; reaches clients that ask for it. */
  readonly progress: (message: string, done?: number, total?: number) => void;
  /**
   * Called by tools that give pages: how the cursor after `given` items of this page is written, when the result has to
   * be cut to fit.
   */
  readonly onCut: (cursorAfter: (given: number) => string) => void;
  /** On whose behalf; for the record. */
  readonly principal: Principal;
  /** The only cluster that may be asked about; null for all. */
  readonly onlyCluster: string | null;
}

/** Who calls. */
export interface Principal {
  /** Such as the name of a key, the subject of a token, `local`. */
  readonly name: string;
  readonly roles: readonly string[];
  readonly audience: Audience;
}

interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject> extends Partial<
  Pick<Tool, 'audiences' | 'rate' | 'timeoutMs' | 'aliases' | 'nameAmongAll' | 'changes' | 'foreign' | 'cut'>
> {
  readonly name: string;
  readonly toolset: Toolset;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly run: (args: z.output<Input>, call: ToolCall) => Promise<z.input<Output>>;
}

/** Limit of a call that says nothing else, ms, and of one that reads logs or diagnoses. */
const plainTimeoutMs = 30_000;
const logsTimeoutMs = 120_000;

/** Makes a tool from its typed form: everybody's, of class `reads`, with text of others, unless it says otherwise. */
export function define<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { rate = 'reads', name } = definition;
  return {
    audiences,
    rate,
    timeoutMs: rate === 'logs' ? logsTimeoutMs : plainTimeoutMs,
    aliases: [],
    nameAmongAll: name,
    changes: 'nothing',
    foreign: true,
    cut: null,
    ...definition,
    run: (args, call) => definition.run(args as z.output<Input>, call),
  };
}

/** A text that clients read by its address. */
export interface Resource {
  /** An address, or a template of addresses with `{name}`. */
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  readonly toolset: Toolset;
  /** It holds text of another service: secrets are taken out. */
  readonly foreign: boolean;
  /** The values of a name of the template that begin with what was typed. */
  readonly complete?: Readonly<Record<string, (typed: string) => readonly string[]>>;
  /** The text; null when there is no such thing. `values`: of the names of the template. */
  read(values: Readonly<Record<string, string>>, call: ToolCall): Promise<string | null>;
}

/** A text that a person starts a conversation with. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly args: readonly PromptArgument[];
  /** The message; argument names are checked before. */
  text(values: Readonly<Record<string, string>>): string;
}

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** Values that begin with what was typed. */
  readonly complete?: (typed: string) => readonly string[];
}

/** What a toolset brings. Resources and prompts are asked for at each list: files behind them change. */
export interface ToolsetParts {
  readonly toolset: Toolset;
  readonly tools: readonly Tool[];
  readonly resources?: () => readonly Resource[];
  readonly prompts?: () => readonly Prompt[];
}
