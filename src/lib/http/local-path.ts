/** An address of this server alone: what could lead elsewhere, or is none, becomes `/`. Path and query, no fragment. */
export function localPath(text: string | null): string {
  // Browsers read `\` as `/`, and leave out tabs and line ends: `/\evil`, `/<tab>/evil` are addresses of another host.
  if (text === null || text.length > 2000 || !/^\/(?![/\\])[\u0021-\u005b\u005d-\u007e]*$/.test(text)) return '/';
  const base = 'http://here.invalid';
  if (!URL.canParse(text, base)) return '/';
  const { origin, pathname, search } = new URL(text, base);
  return origin === base && !pathname.startsWith('//') ? `${pathname}${search}` : '/';
}
