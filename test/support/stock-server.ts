import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from './free-ports.ts';
import { startProcess } from './started-process.ts';

/** The stock kubernetes-mcp-server (npm, dev dependency): it answers read tools and pushes nothing. */
export interface StockServer {
  /** Address for Streamable HTTP. */
  readonly endpoint: string;
  readonly port: number;
  output(): string;
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;

export async function startStockServer(
  kubeconfig: string,
  listOutput: 'table' | 'yaml',
  port?: number,
): Promise<StockServer> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stock-server-'));
  const chosen = port ?? (await freePorts(1))[0]!;
  const command = path.join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'kubernetes-mcp-server');
  const args = ['--bind-address', '127.0.0.1', '--port', String(chosen), '--kubeconfig', kubeconfig, '--read-only'];
  const started = startProcess(command, [...args, '--list-output', listOutput], path.join(dir, 'log'));
  const stop = async (): Promise<void> => {
    await started.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  const deadline = Date.now() + readyWithinMs;
  while (!(await answers(chosen))) {
    if (started.exited || Date.now() > deadline) {
      const output = started.output();
      await stop();
      throw new Error(`the stock server did not start: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { endpoint: `http://127.0.0.1:${chosen}/mcp`, port: chosen, output: () => started.output(), stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
