/** A time in ms since the epoch as the API writes it: ISO 8601 UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** The same of a time that may not be there. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
