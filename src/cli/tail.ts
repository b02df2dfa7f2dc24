import { Command } from 'commander';
import { EventSource, type ErrorEvent } from 'eventsource';
import { onAbort } from '../lib/abort.ts';
import { ProblemError } from '../lib/problem.ts';
import { action, type CliContext, examples, globalOptions, locate, print, say } from './context.ts';
import { DaemonClient } from './daemon-client.ts';
import { daemonRefused, daemonUnreachable } from './errors.ts';
import { eventLine } from './event-line.ts';

/** What the daemon tells (names of server-sent events). */
const eventNames = ['connection', 'fault', 'incident', 'run', 'delivery'] as const;

export function tailCommand(context: CliContext): Command {
  return new Command('tail')
    .description('follow what happens in the running daemon until Ctrl-C')
    .option('--cluster <name>', 'of one cluster')
    .addHelpText('after', examples('nightcrier tail', 'nightcrier tail --cluster prod-eu', 'nightcrier tail -o json'))
    .action(
      action(context, async (options: { cluster?: string }, command: Command) => {
        const client = new DaemonClient(locate(context, command), context.io.fetch);
        const json = globalOptions(command).output === 'json';
        await follow(context, client, (event, data) => {
          if (options.cluster !== undefined && clusterOf(data) !== options.cluster) return;
          print(context, json ? JSON.stringify({ event, data }) : eventLine(event, data, context.io.now()));
        });
        return 0;
      }),
    );
}

type OnEvent = (event: string, data: unknown) => void;

/** Follows until the signal. After the first connection, a lost one is opened again. @throws ProblemError */
function follow(context: CliContext, client: DaemonClient, onEvent: OnEvent): Promise<void> {
  const { io, signal } = context;
  return new Promise((resolve, reject) => {
    const source = new EventSource(`${client.url}/api/events`, {
      fetch: (url, init) => io.fetch(url, { ...init, headers: { ...init.headers, ...client.headers } }),
    });
    let connected = false;
    source.addEventListener('open', () => {
      say(context, connected ? 'connected again' : `following ${client.url}, Ctrl-C ends`);
      connected = true;
    });
    source.addEventListener('error', (event) => {
      if (signal.aborted) return;
      // A refusal closes the source for good; a lost connection it opens again by itself.
      if (connected && source.readyState !== EventSource.CLOSED) {
        say(context, 'connection lost, trying again');
        return;
      }
      source.close();
      letGo();
      reject(failure(client.url, event));
    });
    for (const name of [...eventNames, 'message']) {
      source.addEventListener(name, (event: MessageEvent) => onEvent(name, parse(String(event.data))));
    }
    const letGo = onAbort(signal, () => {
      source.close();
      resolve();
    });
  });
}

function failure(url: string, event: ErrorEvent): ProblemError {
  if (event.code !== undefined) {
    return new ProblemError(daemonRefused, `the daemon at ${url} answered ${event.code} to /api/events`);
  }
  return new ProblemError(daemonUnreachable, `no daemon answers at ${url}: ${event.message ?? 'connection failed'}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function clusterOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'cluster' in data ? data.cluster : undefined;
}
