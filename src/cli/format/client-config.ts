/** How a client reaches the server: over HTTP, or by starting it. */
export type ClientWay =
  | { readonly url: string; readonly needsKey: boolean }
  /** Program and arguments. */
  | { readonly stdio: readonly string[] };

/** The variable of the client's environment that holds the key: no file of a client need hold it. */
const keyVariable = 'NIGHTCRIER_MCP_KEY';

const forms: Readonly<Record<string, (way: ClientWay) => string>> = {
  claude: (way) => json({ mcpServers: { nightcrier: claudeServer(way) } }),
  'claude-desktop': (way) => json({ mcpServers: { nightcrier: claudeServer(way) } }),
  codex: codexConfig,
  gemini: (way) => json({ mcpServers: { nightcrier: geminiServer(way) } }),
  cursor: (way) => json({ mcpServers: { nightcrier: plainServer(way, '${env:') } }),
  vscode: (way) =>
    json({ servers: { nightcrier: { type: 'stdio' in way ? 'stdio' : 'http', ...plainServer(way, '${env:') } } }),
  inspector: (way) =>
    json({
      mcpServers: { nightcrier: { type: 'stdio' in way ? 'stdio' : 'streamable-http', ...plainServer(way, '${') } },
    }),
};

/** The clients whose form is known. */
export const clientNames: readonly string[] = Object.keys(forms);

/** What to put into the configuration of a client. @throws Error for a client that is not one of `clientNames` */
export function clientConfig(client: string, way: ClientWay): string {
  const form = Object.hasOwn(forms, client) ? forms[client] : undefined;
  if (form === undefined) throw new Error(`no form is known of ${client}`);
  return form(way);
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Claude drops a server over HTTP silently when its type is not said. */
function claudeServer(way: ClientWay): object {
  return 'stdio' in way ? command(way.stdio) : { type: 'http', ...plainServer(way, '${') };
}

function geminiServer(way: ClientWay): object {
  if ('stdio' in way) return command(way.stdio);
  return { httpUrl: way.url, ...headers(way, '${') };
}

function plainServer(way: ClientWay, open: string): object {
  return 'stdio' in way ? command(way.stdio) : { url: way.url, ...headers(way, open) };
}

function command([program = '', ...args]: readonly string[]): object {
  return { command: program, args };
}

function headers({ needsKey }: Extract<ClientWay, { url: string }>, open: string): object {
  return needsKey ? { headers: { Authorization: `Bearer ${open}${keyVariable}}` } } : {};
}

/** TOML: strings of JSON are strings of TOML. */
function codexConfig(way: ClientWay): string {
  const head = '[mcp_servers.nightcrier]';
  if ('stdio' in way) {
    const [program = '', ...args] = way.stdio;
    return [head, `command = ${JSON.stringify(program)}`, `args = ${JSON.stringify(args)}`].join('\n');
  }
  const key = way.needsKey ? [`bearer_token_env_var = ${JSON.stringify(keyVariable)}`] : [];
  return [head, `url = ${JSON.stringify(way.url)}`, ...key].join('\n');
}
