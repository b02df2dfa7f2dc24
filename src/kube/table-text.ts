/**
 * The rows of a printed table (kubectl's form): columns begin where their header begins and are parted by at least two
 * spaces. Keys are the headers in lower case. Empty when the text is no such table.
 */
export function parseTable(text: string): Record<string, string>[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const header = lines[0];
  if (header === undefined || !/(^|\s)NAME(\s|$)/.test(header)) return [];
  const columns = columnsOf(header);
  return lines.slice(1).map((line) => {
    // Columns are aligned by characters, not by UTF-16 units.
    const characters = isAscii(line) ? line : [...line];
    const row: Record<string, string> = {};
    for (const [index, column] of columns.entries()) {
      const cell = characters.slice(column.start, columns[index + 1]?.start);
      row[column.name] = (typeof cell === 'string' ? cell : cell.join('')).trim();
    }
    return row;
  });
}

function columnsOf(header: string): { name: string; start: number }[] {
  return [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0].toLowerCase(), start: match.index }));
}

function isAscii(text: string): boolean {
  return !/[^\u0000-\u007f]/.test(text);
}
