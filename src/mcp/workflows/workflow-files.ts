import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorText } from '../../lib/problem.ts';
import { type Finding, type ParsedWorkflows, parseWorkflows, type Workflow } from './parse-workflows.ts';

/** The workflows that come with the program, from `src/mcp/workflows/` and from `dist/mcp/workflows/` alike. */
export const shippedWorkflows = fileURLToPath(new URL('../../../configs/workflows/META-WORKFLOWS.md', import.meta.url));

/** The address of the first file that can be read, and with `/ID` of each workflow. */
export const workflowsUri = 'workflow://meta-workflows';

export interface WorkflowFilesOptions {
  /** Absolute paths as they are configured now, those that count most first. */
  readonly paths: () => readonly string[];
  /** Told of the addresses whose text is another one than at the look before; not of the first look. */
  readonly onChange: (uris: readonly string[]) => void;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** A file of workflows, as it was when it was looked at. */
export interface WorkflowFile extends ParsedWorkflows {
  /** Folder and name: what a person knows it by, without where it is on this machine. */
  readonly name: string;
  /** Its address; null when it cannot be read. */
  readonly uri: string | null;
  /** Its text, character by character; null when it cannot be read. */
  readonly text: string | null;
}

export interface RegisteredWorkflow extends Workflow {
  readonly uri: string;
  readonly file: string;
}

export interface RegistryFinding extends Finding {
  readonly file: string;
}

/** All files together: each id once, that of the first file which has it. */
export interface WorkflowRegistry {
  readonly files: readonly WorkflowFile[];
  readonly workflows: readonly RegisteredWorkflow[];
  readonly findings: readonly RegistryFinding[];
}

const maxBytes = 1024 * 1024;

interface Read {
  /** What tells one state of a file from another; null when it has to be read again in any case. */
  readonly state: string | null;
  readonly text: string | null;
  readonly parsed: ParsedWorkflows;
}

/**
 * The files of workflows. Each look reads what has changed since the one before; a file that cannot be used is a finding,
 * and the others are used all the same. No caller names a path: which files there are is configured.
 */
export class WorkflowFiles {
  readonly #options: WorkflowFilesOptions;
  readonly #read = new Map<string, Read>();
  #registry: WorkflowRegistry | null = null;

  constructor(options: WorkflowFilesOptions) {
    this.#options = options;
  }

  /** The workflows of this moment. Reads at most 1 MiB a file, and nothing of files that are as they were. */
  look(): WorkflowRegistry {
    const paths = [...new Set(this.#options.paths())];
    for (const known of this.#read.keys()) if (!paths.includes(known)) this.#read.delete(known);
    const files = paths.map((file) => ({ file, read: this.#one(file) }));
    const before = this.#registry;
    const registry = registryOf(files);
    this.#registry = registry;
    const changed = before === null ? [] : changedUris(before, registry);
    if (changed.length > 0) this.#options.onChange(changed);
    return registry;
  }

  #one(file: string): Read {
    const before = this.#read.get(file);
    const state = stateOf(file, this.#options.now());
    if (before !== undefined && state !== null && before.state === state) return before;
    const read = readFile(file, state, before);
    this.#read.set(file, read);
    return read;
  }
}

/** A file that changed so lately may change again without another time: clocks of file systems tick slowly. Ms. */
const settledMs = 2000;

function stateOf(file: string, now: number): string | null {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(file, { bigint: true });
    const age = now - Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    return age < settledMs ? null : [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return `- ${reasonOf(error)}`;
  }
}

function readFile(file: string, state: string | null, before: Read | undefined): Read {
  try {
    const text = textOf(file);
    return { state, text, parsed: before?.text === text ? before.parsed : parseWorkflows(text) };
  } catch (error) {
    const message = `the file ${reasonOf(error)}`;
    return {
      state,
      text: null,
      parsed: { workflows: [], findings: [{ code: 'file_unreadable', message, line: null, id: null }] },
    };
  }
}

/** @throws Error whose message follows the name of the file */
function textOf(file: string): string {
  // A pipe or a device would block, or never end.
  if (!fs.statSync(file).isFile()) throw new Error('is no regular file');
  const handle = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = fs.readSync(handle, buffer, length, buffer.length - length, null);
    }
    if (length > maxBytes) throw new Error(`is larger than ${maxBytes} bytes`);
    return decoded(buffer.subarray(0, length));
  } finally {
    fs.closeSync(handle);
  }
}

/** With its byte order mark, when it has one: the text is the file, byte for byte. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error('is not UTF-8 text', { cause });
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  // Messages of the system name the path.
  return code === undefined ? errorText(error) : `cannot be read: ${code}`;
}

function registryOf(read: readonly { readonly file: string; readonly read: Read }[]): WorkflowRegistry {
  const readable = read.filter(({ read: { text } }) => text !== null).map(({ file }) => file);
  const files = read.map(({ file, read: { text, parsed } }): WorkflowFile => {
    const at = readable.indexOf(file);
    const uri = at === 0 ? workflowsUri : `workflow://files/${at + 1}`;
    return { ...parsed, name: shortName(file), text, uri: at === -1 ? null : uri };
  });
  const workflows = new Map<string, RegisteredWorkflow>();
  const findings: RegistryFinding[] = [];
  for (const { name: file, ...parsed } of files) {
    findings.push(...parsed.findings.map((finding) => ({ ...finding, file })));
    for (const workflow of parsed.workflows) {
      const { id } = workflow;
      const first = workflows.get(id);
      if (first === undefined) workflows.set(id, { ...workflow, uri: `${workflowsUri}/${id}`, file });
      else {
        const message = `${id} is in ${first.file} too, and that one counts`;
        findings.push({ code: 'duplicate_id', message, line: null, id, file });
      }
    }
  }
  return { files, workflows: [...workflows.values()], findings };
}

function shortName(file: string): string {
  return path.join(path.basename(path.dirname(file)), path.basename(file));
}

/** The addresses whose text differs, also of what came and went. */
function changedUris(before: WorkflowRegistry, after: WorkflowRegistry): string[] {
  const [old, now] = [textsOf(before), textsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((uri) => old.get(uri) !== now.get(uri));
}

function textsOf({ files, workflows }: WorkflowRegistry): Map<string, string> {
  return new Map([
    ...files.flatMap(({ uri, text }) => (uri === null || text === null ? [] : [[uri, text] as const])),
    // A row counts too: a draft that became active is another offer.
    ...workflows.map(({ uri, name, trigger, status, section }) => {
      return [uri, [name, trigger, status, section].join('\n')] as const;
    }),
  ]);
}
