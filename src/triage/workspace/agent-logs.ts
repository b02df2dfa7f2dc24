import { createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** The two logs of an agent, `logs/agent.stdout.log` and `logs/agent.stderr.log`, open while `use` goes on. */
export async function withAgentLogs<T>(
  workspace: string,
  use: (logs: { readonly stdout: WriteStream; readonly stderr: WriteStream }) => Promise<T>,
): Promise<T> {
  const stdout = await openLog(join(workspace, 'logs/agent.stdout.log'));
  const stderr = await openLog(join(workspace, 'logs/agent.stderr.log'));
  try {
    return await use({ stdout, stderr });
  } finally {
    await Promise.all([closeLog(stdout), closeLog(stderr)]);
  }
}

/** A new file: what an earlier attempt may have put in its place (a link, a pipe) goes away. */
async function openLog(file: string): Promise<WriteStream> {
  await rm(file, { force: true, recursive: true });
  const stream = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  // Waiting for the open keeps the name ours before the agent starts.
  await new Promise((resolve, reject) => {
    stream.once('open', resolve);
    stream.once('error', reject);
  });
  return stream;
}

async function closeLog(stream: WriteStream): Promise<void> {
  stream.end();
  await finished(stream).catch(() => {});
}
