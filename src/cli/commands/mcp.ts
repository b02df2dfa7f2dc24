import { Command, InvalidArgumentError, Option } from 'commander';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, printable } from '../../lib/text.ts';
import { parseJsonObject } from '../../lib/untrusted/parse-json.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  load,
  locate,
  print,
  printJson,
  runningDaemon,
} from '../context.ts';
import { healthOff, mcpArgumentsInvalid } from '../errors.ts';
import type { CliMcpClient } from '../mcp-client.ts';
import { outputWidth } from '../format/style.ts';
import { clientConfig, clientNames } from '../format/client-config.ts';

/** `mcp`: over standard input and output, a call by hand, and what a client needs. */
export function mcpCommand(context: CliContext): Command {
  const command = new Command('mcp')
    .description('the MCP server for one client, a call of a tool, the configuration of a client')
    .option('--stdio', 'serve one client over standard input and output')
    .addHelpText(
      'after',
      examples('nightcrier mcp --stdio', 'nightcrier mcp call list_pods', 'nightcrier mcp config --client claude'),
    )
    .action(
      action(context, async (options: { stdio?: boolean }, self: Command) => {
        if (options.stdio !== true)
          self.error('error: say --stdio, or use mcp call or mcp config; see nightcrier mcp --help');
        const loaded = await load(context, self);
        return await context.deps.serveMcpStdio({ loaded, io: context.io }, context.signal);
      }),
    );
  return command.addCommand(callCommand(context)).addCommand(configCommand(context));
}

function callCommand(context: CliContext): Command {
  return new Command('call')
    .description('call a tool of the running daemon; without one, of a server that is started for it')
    .argument('[tool]', 'name of the tool; without it the tools are listed')
    .argument('[arguments]', 'its arguments, a JSON object', '{}')
    .option('--url <url>', 'address of the MCP server, when it is another one')
    .option('--key <key>', 'sent as Authorization: Bearer (default: the variable NIGHTCRIER_MCP_KEY)')
    .addHelpText(
      'after',
      examples(
        'nightcrier mcp call',
        `nightcrier mcp call list_pods '{"namespace": "shop"}'`,
        'nightcrier mcp call health_check -o json',
      ),
    )
    .action(
      action(
        context,
        async (tool: string | undefined, text: string, options: { url?: string; key?: string }, self: Command) => {
          const args = argumentsOf(text);
          const { openMcpClient } = await import('../mcp-client.ts');
          const place = await serverPlace(context, self, options);
          try {
            const client = await openMcpClient(place, context.signal);
            try {
              return tool === undefined
                ? await listTools(context, self, client)
                : await callTool(context, self, client, { tool, args });
            } finally {
              await client.close();
            }
          } finally {
            await place.stop();
          }
        },
      ),
    );
}

interface ServerPlace {
  readonly url: string;
  readonly key: string | null;
  stop(): Promise<void>;
}

/** The daemon's, the one that is named, else one that lives as long as the command. @throws ProblemError */
async function serverPlace(
  context: CliContext,
  command: Command,
  { url, key }: { url?: string; key?: string },
): Promise<ServerPlace> {
  const given = key ?? context.io.env['NIGHTCRIER_MCP_KEY'] ?? null;
  if (url !== undefined) return { url, key: given, stop: async () => {} };
  const locations = await locate(context, command);
  const daemon = await runningDaemon(context, locations);
  if (daemon !== null) return { url: `${daemon.url}/mcp`, key: given ?? locations.token, stop: async () => {} };
  const loaded = await load(context, command);
  const served = await context.deps.openMcp({ loaded, io: context.io });
  return { url: served.url, key: served.key, stop: () => served.stop() };
}

async function listTools(context: CliContext, command: Command, client: CliMcpClient): Promise<number> {
  const tools = await client.tools();
  if (globalOptions(command).output === 'json') printJson(context, { tools });
  else printTools(context, tools);
  return 0;
}

function printTools(context: CliContext, tools: readonly { readonly name: string; readonly title: string }[]): void {
  const width = outputWidth(context.io);
  const cells = tools.map(({ name, title }) => [oneLine(name), oneLine(title)]);
  const { rows } = formatTable([{ title: 'TOOL' }, { title: 'TITLE', label: '' }], cells, { width });
  for (const line of rows.flatMap(({ lines, below }) => [...lines, ...hangBelow(below, width)])) print(context, line);
}

async function callTool(
  context: CliContext,
  command: Command,
  client: CliMcpClient,
  { tool, args }: { readonly tool: string; readonly args: Record<string, unknown> },
): Promise<number> {
  const { text, data, isError } = await client.call(tool, args);
  if (globalOptions(command).output === 'json') printJson(context, data);
  else print(context, printable(text));
  return isError ? 1 : 0;
}

/** @throws ProblemError NC-CLI-022 */
function argumentsOf(text: string): Record<string, unknown> {
  const parsed = parseJsonObject(text);
  if (parsed !== null) return parsed;
  throw new ProblemError(mcpArgumentsInvalid, `the arguments are no JSON object: ${text.slice(0, 100)}`);
}

function configCommand(context: CliContext): Command {
  return new Command('config')
    .description("print what makes a client use this MCP server, in the client's own form")
    .addOption(new Option('--client <name>', 'which client').choices(clientNames).makeOptionMandatory())
    .option('--stdio', 'the client starts nightcrier itself, instead of asking the daemon')
    .option('--url <url>', 'address of the MCP server, when it is another one')
    .addHelpText(
      'after',
      examples('nightcrier mcp config --client claude', 'nightcrier mcp config --client codex --stdio'),
    )
    .action(
      action(context, async (options: { client: string; stdio?: boolean; url?: string }, self: Command) => {
        const locations = await locate(context, self);
        // The command above has the option too, and takes it first.
        const isStdio = self.optsWithGlobals<{ stdio?: boolean }>().stdio === true;
        const address = locations.publicUrl?.replace(/\/$/, '') ?? locations.url;
        const url = options.url ?? (address === null ? null : `${address}/mcp`);
        if (url === null && !isStdio) throw new ProblemError(healthOff, 'health.port is 0');
        const stdio = ['nightcrier', ...(await configFlag(context, self)), 'mcp', '--stdio'];
        print(
          context,
          clientConfig(options.client, isStdio ? { stdio } : { url: url ?? '', needsKey: locations.mcpAsks }),
        );
        return 0;
      }),
    );
}

/** The configuration by its whole path: a client starts programs in a folder of its own. */
async function configFlag(context: CliContext, command: Command): Promise<readonly string[]> {
  const { findConfigFile } = await import('../../config/files/files.ts');
  const { env, cwd } = context.io;
  const file = findConfigFile({ file: globalOptions(command).config, env, cwd });
  return file === null ? [] : ['--config', file];
}

/** `serve-mcp`: the MCP server and nothing else, in as many processes as one likes. */
export function serveMcpCommand(context: CliContext): Command {
  return new Command('serve-mcp')
    .description(
      'serve the MCP server alone, without watching clusters: any number of processes behind a load balancer',
    )
    .option('--health-port <port>', 'port of the HTTP server; auto takes a free one', parsePort)
    .addHelpText('after', examples('nightcrier serve-mcp', 'nightcrier serve-mcp --health-port 9090'))
    .action(
      action(context, async ({ healthPort }: { healthPort?: number | 'auto' }, command: Command) => {
        const loaded = await load(context, command, { healthPort });
        return await context.deps.serveMcp({ loaded, io: context.io }, context.signal);
      }),
    );
}

function parsePort(text: string): number | 'auto' {
  if (text === 'auto') return 'auto';
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port from 1 to 65535, or auto.');
}
