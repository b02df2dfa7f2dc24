/** Whether a tsh and a Teleport proxy work together, and why. */
export interface Compatibility {
  readonly compatible: boolean;
  /** The rule that says so, one sentence. */
  readonly rule: string;
  /** The client works and is old. */
  readonly old: boolean;
}

interface Versions {
  readonly client: string;
  readonly server: string;
  /** What the proxy asks for at least; null when it does not say. */
  readonly minClient: string | null;
}

/**
 * A Teleport server serves clients of its own major version and of the one before, never a newer one; its minimum
 * version wins when it asks for more (https://goteleport.com/docs/upgrading/overview/). Null when a version cannot be read.
 */
export function compatibility({ client, server, minClient }: Versions): Compatibility | null {
  const [own, theirs] = [partsOf(client), partsOf(server)];
  const least = minClient === null ? null : partsOf(minClient);
  if (own === null || theirs === null) return null;
  const [ownMajor, serverMajor] = [own[0] ?? 0, theirs[0] ?? 0];
  const no = (rule: string): Compatibility => ({ compatible: false, rule, old: false });
  if (ownMajor > serverMajor) {
    return no(`tsh ${client} is newer than the proxy ${server}: a proxy never serves clients of a newer major version`);
  }
  if (ownMajor < serverMajor - 1) {
    return no(`tsh ${client} is too old for the proxy ${server}: it serves its own major version and the one before`);
  }
  if (least !== null && isBefore(own, least))
    return no(`tsh ${client} is older than ${minClient}, which the proxy asks for`);
  if (ownMajor === serverMajor) {
    return { compatible: true, rule: `tsh ${client} has the major version of the proxy ${server}`, old: false };
  }
  return {
    compatible: true,
    rule: `tsh ${client} is one major version behind the proxy ${server}, which still works`,
    old: true,
  };
}

/** The major version; null for a text that is none. */
export function majorOf(version: string): number | null {
  return partsOf(version)?.[0] ?? null;
}

/** `v17.2.1-dev` → 17, 2, 1. What follows a dash (a pre-release) is not looked at. */
function partsOf(version: string): readonly number[] | null {
  const match = /^v?(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?:[-+].*)?$/.exec(version.trim());
  return match === null ? null : match.slice(1).map((part) => Number(part ?? 0));
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
