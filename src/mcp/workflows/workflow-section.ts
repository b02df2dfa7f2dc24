import { headingOf, type MarkdownLine, plainWords } from './markdown-lines.ts';

/** Something that a person says when starting a workflow. */
export interface WorkflowInput {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** What it can be, when the description names it: `one of ‘a’, ‘b’`. */
  readonly values: readonly string[];
}

/** What the section of a workflow says, part by part; '' and empty lists for what it leaves out. */
export interface WorkflowParts {
  /** What a person says that means it. */
  readonly phrases: readonly string[];
  readonly inputs: readonly WorkflowInput[];
  /** How it is told from others, in Markdown as it is written, as are the steps and the example. */
  readonly rules: string;
  readonly steps: string;
  readonly example: string;
}

type PartName = keyof WorkflowParts;

/** The words by which parts are known, in headings and in bold labels (`**Steps:**`). */
const partNames: readonly (readonly [PartName, RegExp])[] = [
  ['phrases', /^(?:triggers?|trigger phrases?|phrases)$/],
  ['inputs', /^(?:inputs?|arguments|parameters)$/],
  ['rules', /^(?:disambiguation|disambiguation rules?|rules)$/],
  ['steps', /^(?:steps?|workflow steps|procedure|process)$/],
  ['example', /^(?:examples?|example output|example session)$/],
];

/** A bold label belongs below any heading. */
const labelLevel = 7;
const maxPhrases = 20;
const maxInputs = 10;

/** The parts of a section; `lines` are those after its heading. */
export function partsOf(lines: readonly MarkdownLine[]): WorkflowParts {
  const texts: Record<PartName, string[]> = { phrases: [], inputs: [], rules: [], steps: [], example: [] };
  let current: { name: PartName | null; level: number } = { name: null, level: labelLevel };
  for (const line of lines) {
    const label = labelOf(line);
    const isDeeper = current.name !== null && label !== null && label.level > current.level;
    if (label !== null && !isDeeper && (label.part !== null || label.level < labelLevel)) {
      current = { name: label.part, level: label.level };
      if (label.part !== null && label.rest !== '') texts[label.part].push(label.rest);
    } else if (current.name !== null) texts[current.name].push(line.content);
  }
  return {
    phrases: phrasesOf(texts.phrases),
    inputs: inputsOf(texts.inputs),
    rules: block(texts.rules),
    steps: block(texts.steps),
    example: block(texts.example),
  };
}

interface Label {
  readonly part: PartName | null;
  readonly level: number;
  /** What stands behind it on its line. */
  readonly rest: string;
}

function labelOf(line: MarkdownLine): Label | null {
  const heading = headingOf(line);
  if (heading !== null) return { part: partNamed(heading.title), level: heading.level, rest: '' };
  const bold = line.isMarkup ? /^(?:[-*+] )?(\*\*|__)([\w ():-]{1,60})\1(.*)$/.exec(line.content) : null;
  if (bold === null) return null;
  return { part: partNamed(bold[2] ?? ''), level: labelLevel, rest: (bold[3] ?? '').replace(/^ *:/, '').trim() };
}

function partNamed(title: string): PartName | null {
  const words = plainWords(title, 60)
    .toLowerCase()
    .replace(/[^a-z ]/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return partNames.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}

/** The items of a list, else the lines; several on one line are those in quotes. */
function phrasesOf(lines: readonly string[]): string[] {
  const items = lines
    .map((line) => line.replace(/^\s*(?:[-*+]|\d{1,3}[.)]) +/, '').trim())
    .filter((item) => item !== '');
  const phrases = items.flatMap((item) => {
    const quoted = [...item.slice(0, 2000).matchAll(/["“]([^"“”]+)["”]/g)].map(([, phrase = '']) => phrase);
    return quoted.length > 1 ? quoted : [item];
  });
  return phrases.map((phrase) => plainWords(phrase, 200)).slice(0, maxPhrases);
}

/** Items as in ``- `cluster` (required): where to look; one of `a`, `b` ``. */
function inputsOf(lines: readonly string[]): WorkflowInput[] {
  const inputs = new Map<string, WorkflowInput>();
  for (const line of lines) {
    const item =
      /^[-*+] +(?:\*\*|`)?([A-Za-z]\w{0,63})(?:\*\*|`)?(?: +\((required|optional)\))?(?: *[:–—-] *(.*))?$/.exec(line);
    if (item === null || inputs.has(item[1] ?? '') || inputs.size === maxInputs) continue;
    const [, name = '', need = 'optional', description = ''] = item;
    const listed = /\bone of (.*)$/i.exec(description.slice(0, 2000))?.[1] ?? '';
    const values = [...listed.matchAll(/`([^`]+)`/g)].map(([, value = '']) => value);
    inputs.set(name, { name, description: plainWords(description, 300), required: need === 'required', values });
  }
  return [...inputs.values()];
}

/** Lines without the empty ones around them. */
function block(lines: readonly string[]): string {
  const isText = (line: string): boolean => line.trim() !== '';
  const first = lines.findIndex(isText);
  return first === -1 ? '' : lines.slice(first, lines.findLastIndex(isText) + 1).join('\n');
}
