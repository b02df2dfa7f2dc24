import { createServer } from 'node:http';
import { chmodSync, chownSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { agentImage, containersWith, lacksEngine } from '../../support/agent-image.ts';
import { containerTrial, type Trial } from '../../support/container-trial.ts';
import { tempDir } from '../../support/temp-dir.ts';

const skip = lacksEngine('the entry program of the image');
let image = '';

beforeAll(async () => {
  if (!skip) image = await agentImage();
}, 120_000);

interface HandedOver {
  readonly trial: Trial;
  /** `METHOD path: first bytes` of what came to the socket. */
  readonly requests: readonly string[];
}

/** Runs an agent whose gateway only writes down what it is asked. */
async function withSocket(script: string, answer = 204): Promise<HandedOver> {
  const socketDir = tempDir();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(`${request.method} ${request.url}: ${Buffer.concat(chunks).toString().slice(0, 60)}`);
      response.writeHead(answer, { 'content-type': 'text/plain' }).end(answer === 204 ? undefined : 'answered');
    });
  });
  const socket = path.join(socketDir, 'gateway.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  chmodSync(socket, 0o600);
  if (process.getuid?.() === 0) for (const file of [socketDir, socket]) chownSync(file, 1000, 1000);
  const trial = await containerTrial(image, script, { socketDir });
  expect(await containersWith(trial.label)).toEqual([]);
  return { trial, requests };
}

describe.skipIf(skip)('TRI-4: the entry program', () => {
  test('opens the way to the gateway before the agent starts, and hands the two files over when it has ended', async () => {
    const get = 'exec 3<>/dev/tcp/127.0.0.1/8001; printf "GET /k8s/version HTTP/1.0\\r\\n\\r\\n" >&3; head -n 1 <&3';
    const { requests, trial } = await withSocket(
      `${get}; echo report > output/investigation.md; echo {} > output/verdict.json`,
      200,
    );
    expect(trial.end).toMatchObject({ exitCode: 0, engineFault: null });
    expect(trial.end.stdout).toContain('200 OK');
    expect(requests).toEqual([
      'GET /k8s/version: ',
      'PUT /output/investigation.md: report\n',
      'PUT /output/verdict.json: {}\n',
    ]);
  });

  test('NOT-5: hands the answer to a question over', async () => {
    const { requests } = await withSocket('echo {} > output/answer.json');
    expect(requests).toEqual(['PUT /output/answer.json: {}\n']);
  });

  test.each([
    ['no file', 'true', /^$/],
    ['a link', 'ln -s /etc/passwd output/investigation.md', /^$/],
    ['a folder', 'mkdir output/investigation.md', /^$/],
    ['a pipe', 'mkfifo output/investigation.md', /^$/],
    [
      'too much',
      'head -c 1048577 /dev/zero > output/investigation.md',
      /investigation\.md has 1048577 bytes; 1048576 are allowed/,
    ],
    ['another name', 'echo x > output/other.md', /^$/],
  ])('hands over nothing of: %s', async (_, script, said) => {
    const { requests, trial } = await withSocket(script);
    expect(requests).toEqual([]);
    expect(trial.end.exitCode).toBe(0);
    expect(trial.end.stderr).toMatch(said);
  });

  test("says what the gateway did not take, and ends with the agent's own code", async () => {
    const { requests, trial } = await withSocket('echo x > output/verdict.json; exit 3', 413);
    expect(requests).toEqual(['PUT /output/verdict.json: x\n']);
    expect(trial.end.exitCode).toBe(3);
    expect(trial.end.stderr).toContain('verdict.json was not taken: HTTP/1.1 413');
  });
});
