import { cliDeps } from '../../src/app/commands/cli-deps.ts';
import { allKinds, doctorWords } from '../../src/app/commands/doctor.ts';
import type { CliDeps, TextSink } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/commands/program.ts';
import { verifyAudit } from '../../src/gateway/audit.ts';
import { openStateReader } from '../../src/storage/worker/open.ts';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliWorld {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly deps?: Partial<CliDeps>;
  readonly now?: number;
  readonly signal?: AbortSignal;
  readonly tty?: boolean;
  /** Columns of the terminal, with `tty`. */
  readonly columns?: number;
  readonly timeZone?: string;
  /** What is piped in. */
  readonly input?: string;
  /** What a person at a terminal answers, one after the other; then they leave. Without it nobody is there. */
  readonly answers?: readonly string[];
  /** The pager of a terminal; without it there is none. */
  readonly page?: (text: string) => Promise<boolean>;
  /** Lines of the terminal, with `tty`. */
  readonly rows?: number;
  /** Sees standard output and error as they come. */
  readonly onText?: (text: string) => void;
}

const none = (): Promise<never> => Promise.reject(new Error('this test does not expect this call'));

/** Runs one command line in this process and gives what it wrote. Reads real state files. */
export async function cli(argv: readonly string[], world: CliWorld): Promise<CliRun> {
  let out = '';
  let err = '';
  const sink = (add: (text: string) => void): TextSink => ({
    isTTY: world.tty === true,
    ...(world.columns !== undefined && { columns: world.columns }),
    ...(world.rows !== undefined && { rows: world.rows }),
    write: (text) => {
      add(text);
      world.onText?.(text);
    },
  });
  const io = {
    stdout: sink((text) => (out += text)),
    stderr: sink((text) => (err += text)),
    env: world.env ?? {},
    cwd: world.cwd,
    timeZone: world.timeZone ?? 'UTC',
    now: () => world.now ?? Date.now(),
    fetch: globalThis.fetch,
    readInput: async () => world.input ?? '',
    ask: askOf(world.answers, (question) => (err += question)),
    page: world.page ?? null,
    onSignal: () => () => {},
  };
  const deps: CliDeps = {
    runDaemon: none,
    runDemo: none,
    triageOnce: none,
    analyse: none,
    makeCredential: none,
    credentialText: none,
    askPermissions: none,
    serveMcp: none,
    serveMcpStdio: none,
    openMcp: none,
    openReader: openStateReader,
    readStored: cliDeps.readStored,
    askAlone: cliDeps.askAlone,
    runDoctor: none,
    doctorWords: async () => doctorWords(),
    problemKinds: async () => allKinds(),
    verifyAudit: async (text) => verifyAudit(text),
    ...world.deps,
  };
  const code = await runCli(argv, io, deps, world.signal ?? new AbortController().signal);
  return { code, out, err };
}

function askOf(answers: readonly string[] | undefined, said: (question: string) => void) {
  if (answers === undefined) return null;
  const left = [...answers];
  return async (question: string): Promise<string | null> => {
    said(question);
    return left.shift() ?? null;
  };
}
