import { z } from 'zod';
import type { SpawnResult } from '../../lib/process/spawn.ts';
import type { SshTarget } from '../../teleport/tsh.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import {
  globPattern,
  maxOutputBytes,
  saidOutput,
  targetArgs,
  TeleportUse,
  type TeleportToolsDeps,
} from './teleport-use.ts';

const pathForm = /^\/[A-Za-z0-9._/@+-]{1,1023}$/;

/** `tail_logs` */
export function tailLogs(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'tail_logs',
    toolset: 'teleport',
    title: 'End of a log file of a node',
    description:
      'Gives the last lines of a log file of a node. Only files that teleport.log_paths allows; for logs of pods use get_pod_logs.',
    audiences: ['assistant', 'operator'],
    rate: 'logs',
    cut: { list: 'lines', from: 'start' },
    input: z.strictObject({
      ...targetArgs,
      log_path: z
        .string()
        .regex(pathForm, 'an absolute path')
        .describe('Absolute path of the file, such as /var/log/syslog.'),
      lines: z.int().min(1).max(5000).default(100).describe('So many lines at the end of the file.'),
    }),
    output: z.object({
      ...saidOutput,
      cluster: z.string(),
      node: z.string(),
      user: z.string(),
      log_path: z.string(),
      lines: z.array(z.string()).describe('Oldest first.'),
      truncated: z.boolean().describe('Not all lines that were asked for are here, as they are too large.'),
    }),
    run: async ({ log_path: file, lines, ...args }, call) => {
      const use = new TeleportUse(deps, call);
      const target = use.target(args);
      const allowed = use.config.log_paths;
      if (!isAllowed(file, allowed)) throw refused(`${file} may not be read`, allowed);
      const real = await realPath(file, target, use);
      if (!isAllowed(real, allowed)) throw refused(`${file} leads elsewhere on ${target.node}`, allowed);
      const { text, asked, cut } = await readEnd(real, lines, target, use);
      const given = linesOf(text);
      const reasons = [
        ...(asked < lines ? [`more than the last ${asked} are larger than is taken`] : []),
        ...(cut ? ['of the last line the end is missing'] : []),
      ];
      const message = [`${given.length} lines of ${file} on ${target.node}`, ...reasons].join('; ');
      const truncated = reasons.length > 0;
      return { ...target, log_path: file, lines: given, truncated, success: true, message: `${message}.` };
    },
  });
}

/** Whether a path may be read, and leads where it says. */
function isAllowed(file: string, allowed: readonly string[]): boolean {
  const isPlain = file
    .split('/')
    .slice(1)
    .every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain && pathForm.test(file) && allowed.some((glob) => globPattern(glob).test(file));
}

function refused(what: string, allowed: readonly string[]): ToolError {
  return new ToolError('policy_denied', what, {
    steps: [`Name a file that teleport.log_paths allows, links followed: ${allowed.join(', ') || 'none is'}.`],
  });
}

/** Where a path leads when all links are followed; readlink says nothing of what it cannot follow. @throws ToolError */
async function realPath(file: string, target: SshTarget, use: TeleportUse): Promise<string> {
  const isAbsent = ({ exitCode, stdout, stderr }: SpawnResult): boolean =>
    exitCode === 1 && stdout === '' && !/option|usage/i.test(stderr);
  const { exitCode, stdout } = await use.run(target, ['readlink', '-e', file], isAbsent);
  if (exitCode === 0) return stdout.replace(/\n$/, '');
  throw new ToolError('not_found', `${target.node} has no file ${file} that ${target.user} can reach`, {
    steps: ['Name a file that the node has, in a folder that the login may look into.'],
  });
}

interface End {
  readonly text: string;
  /** So many lines. */
  readonly asked: number;
  readonly cut: boolean;
}

/** The newest lines that are taken whole: of too many the newest would be missing. @throws ToolError */
async function readEnd(file: string, lines: number, target: SshTarget, use: TeleportUse): Promise<End> {
  for (let asked = lines; ;) {
    const command = ['tail', '-n', String(asked), file];
    const result = await use.run(target, command, ({ stderr }) => fileProblem(stderr) !== null);
    const problem = fileProblem(result.stderr);
    if (result.exitCode !== 0 && problem !== null) throw noFile(file, target.node, problem);
    const { stdout, droppedBytes: dropped } = result;
    if (dropped === 0 || asked === 1) return { text: stdout, asked, cut: dropped > 0 };
    const share = maxOutputBytes / (maxOutputBytes + dropped);
    asked = Math.max(1, Math.floor(asked * share * 0.75));
  }
}

function fileProblem(stderr: string): 'absent' | 'closed' | null {
  if (/no such file or directory/i.test(stderr)) return 'absent';
  return /permission denied/i.test(stderr) ? 'closed' : null;
}

function noFile(file: string, node: string, problem: 'absent' | 'closed'): ToolError {
  return problem === 'absent'
    ? new ToolError('not_found', `${node} has no file ${file}`, 'Name a file that the node has.')
    : new ToolError(
        'forbidden',
        `the login may not read ${file} on ${node}`,
        'Let an operator put the login into the group that may read it (often adm).',
      );
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
