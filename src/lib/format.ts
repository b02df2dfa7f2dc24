/** Durations, ages and sizes as text, and back: each form once. Milliseconds and bytes everywhere else. */

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = { Gi: 1024 ** 3, Mi: 1024 ** 2, Ki: 1024, '': 1 };

/** What a duration of the configuration looks like; its description finds such keys by their pattern. */
export const durationPattern = /^(\d+(ms|s|m|h|d))+$/;

/** What a size of the configuration looks like. */
export const sizePattern = /^\d+(Ki|Mi|Gi)?$/;

/** `30s`, `10m`, `168h`, `1h30m` → milliseconds; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!durationPattern.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (durationUnits[unit ?? ''] ?? 0);
  }
  return total;
}

/** Milliseconds → the shortest exact form (`90000` → `1m30s`), as `parseDuration` reads it. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let out = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = durationUnits[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) out += `${count}${unit}`;
    rest -= count * size;
  }
  return out;
}

/** `512Mi`, `2Gi`, `1048576` → bytes; null when it is not a size. */
export function parseSize(text: string): number | null {
  const match = sizePattern.exec(text);
  return match ? Number.parseInt(text, 10) * (sizeUnits[match[1] ?? ''] ?? 1) : null;
}

/** Bytes → the shortest exact form (`1048576` → `1Mi`), as `parseSize` reads it. */
export function formatSize(bytes: number): string {
  const exact = Object.entries(sizeUnits).find(([, size]) => bytes >= size && bytes % size === 0);
  return exact ? `${bytes / exact[1]}${exact[0]}` : String(bytes);
}

/** Bytes as a person reads them in a list of files: `512 B`, `12 KiB`. */
export function fileSize(bytes: number): string {
  return bytes < 10_240 ? `${bytes} B` : `${Math.round(bytes / 1024)} KiB`;
}

/** Milliseconds as people say them, two units at most: `41 s`, `2 min 41 s`, `14 min`, `3 h 5 min`, `2 d 4 h`. */
export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return pair(Math.floor(seconds / 60), ' min', seconds % 60, ' s');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), ' h', minutes % 60, ' min');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), ' d', hours % 24, ' h');
}

/** US dollars as people say them: `$0.42`, `less than $0.01`, `$0`. */
export function spokenUsd(usd: number): string {
  if (usd <= 0) return '$0';
  return usd < 0.01 ? 'less than $0.01' : `$${usd.toFixed(2)}`;
}

/** How long ago, for a column of a table: `45s`, `3m`, `2h14m`, `5d`. */
export function age(from: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - from) / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds}s`;
  if (hours === 0) return `${minutes}m`;
  return hours < 48 ? pair(hours, 'h', minutes % 60, 'm') : `${Math.floor(hours / 24)}d`;
}

/** An age as kubectl prints it (`45s`, `8m56s`, `5h3m`, `3d4h`): k8s.io/apimachinery duration.HumanDuration. */
export function kubectlAge(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

/** A time as a person reads it in a log: UTC, seconds. */
export function clockTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** A time as a report writes it: `2026-11-28 15:11:31 UTC`. */
export function utcTime(ms: number): string {
  return clockTime(ms).replace(/Z$/, ' UTC');
}

/** The smaller unit is left out when there is none of it. */
function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large}${largeUnit}`;
  if (small === 0) return first;
  return `${first}${largeUnit.startsWith(' ') ? ' ' : ''}${small}${smallUnit}`;
}
