import type { TshSettings } from '../../domain/cluster-policy.ts';
import { TeleportError, type TshFailureKind } from '../../teleport/errors.ts';
import { teleportCodes } from '../read-failure.ts';
import { ToolError } from '../tool-error.ts';

/** What a tool says of a failure of Teleport: the fix of its problem and, where one command mends it, the command. */
export function teleportFailure(error: TeleportError, settings: TshSettings, cluster?: string): ToolError {
  const command = commandFor(error.kind, settings, cluster);
  const fix = { steps: [error.fix], ...(command === null ? {} : { command }) };
  return new ToolError(teleportCodes[error.kind], error.message, fix, { cause: error });
}

/** Rethrows a failure of Teleport as what a tool says of it. */
export function rethrow(settings: TshSettings, cluster?: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof TeleportError ? teleportFailure(error, settings, cluster) : error;
  };
}

function commandFor(kind: TshFailureKind, settings: TshSettings, cluster = ''): string | null {
  const { home, proxy, identityFile } = settings;
  if (kind === 'unreachable') return `curl https://${proxy}/webapi/ping`;
  if ((kind !== 'not_logged_in' && kind !== 'expired') || identityFile !== null) return null;
  return `TELEPORT_HOME=${home} tsh login --proxy=${proxy} ${cluster}`.trimEnd();
}
