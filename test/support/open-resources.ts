import { readdirSync, readlinkSync } from 'node:fs';

/** What this process holds open: handles of the event loop and file descriptors, each kind with its number. */
export function openResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const name of process.getActiveResourcesInfo()) add(name);
  for (const name of descriptors()) add(`fd ${name}`);
  return counts;
}

/** What is there now and was not there before. */
export function leftOpen(before: Record<string, number>): Record<string, number> {
  const now = Object.entries(openResources());
  const more = now.map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** Linux only: the kinds of open descriptors, files with their paths; none elsewhere. */
function descriptors(): string[] {
  try {
    return readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith('/proc/') ? [] : [target.replace(/:\[\d+\]$/, '')];
      } catch {
        // It was closed meanwhile: the one that read the directory.
        return [];
      }
    });
  } catch {
    return [];
  }
}
