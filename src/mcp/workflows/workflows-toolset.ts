import { z } from 'zod';
import { define, type Resource, type Tool, type ToolsetParts } from '../tool.ts';
import { findingCodes, workflowStatuses } from './parse-workflows.ts';
import { type RegisteredWorkflow, type WorkflowFiles, type WorkflowRegistry, workflowsUri } from './workflow-files.ts';
import { completeId, type CompletionSources, workflowPrompts } from './workflow-prompts.ts';

export interface WorkflowsToolsetDeps extends CompletionSources {
  readonly files: Pick<WorkflowFiles, 'look'>;
}

/** Workflows that people wrote down for assistants: which there are, their text, and a prompt for each. */
export function workflowsToolset({ files, clusterNames }: WorkflowsToolsetDeps): ToolsetParts {
  return {
    toolset: 'workflows',
    tools: [listMetaWorkflows(files)],
    resources: () => resourcesOf(files),
    prompts: () => workflowPrompts(files.look().workflows, { clusterNames }),
  };
}

const listOutput = z.object({
  available: z.boolean().describe('False: no file of workflows can be read.'),
  reason: z.string().optional().describe('Why there is none.'),
  count: z.int(),
  workflows: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      trigger: z.string().describe('What a person says that means it.'),
      status: z.enum(workflowStatuses).describe('draft: not to be followed yet.'),
      uri: z.string().describe('The resource with its section.'),
      phrases: z.array(z.string()).describe('Further words that mean it.'),
      file: z.string(),
    }),
  ),
  findings: z
    .array(
      z.object({
        code: z.enum(findingCodes),
        message: z.string(),
        file: z.string(),
        line: z.int().nullable(),
        id: z.string().nullable(),
      }),
    )
    .describe('What is wrong in the files, for who writes them.'),
});

/** Findings of a file that is something else altogether are many. */
const maxFindings = 100;

function listMetaWorkflows(files: WorkflowsToolsetDeps['files']): Tool {
  return define({
    name: 'list_meta_workflows',
    toolset: 'workflows',
    title: 'List workflows',
    description:
      'The workflows that this team wrote down for assistants: id, name, the words that start each, and whether it is active. Call it when somebody asks for something that may have a fixed procedure; then read the resource of the one that fits, and follow its steps.',
    input: z.strictObject({
      status: z.enum(workflowStatuses).optional().describe('Only those with this status.'),
      query: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Words that id, name or trigger have to hold, in any case.'),
    }),
    output: listOutput,
    audiences: ['assistant', 'operator'],
    foreign: false,
    cut: { list: 'workflows', from: 'end' },
    run: async ({ status, query }) => {
      const registry = files.look();
      const fitting = registry.workflows.filter((one) => (status ?? one.status) === one.status && fits(one, query));
      const reason = reasonNone(registry);
      return {
        available: reason === null,
        ...(reason === null ? {} : { reason }),
        count: fitting.length,
        workflows: fitting.map(listed),
        findings: registry.findings.slice(0, maxFindings).map(({ code, message, file, line, id }) => {
          return { code, message, file, line, id };
        }),
      };
    },
  });
}

/** Every word of the query is somewhere in what is shown of it. */
function fits({ id, name, trigger, phrases }: RegisteredWorkflow, query = ''): boolean {
  const text = [id, name, trigger, ...phrases].join('\n').toLowerCase();
  const words = query.toLowerCase().split(/\s+/);
  return words.every((word) => text.includes(word));
}

function listed({ id, name, trigger, status, uri, phrases, file }: RegisteredWorkflow) {
  return { id, name, trigger, status, uri, phrases: [...phrases], file };
}

function reasonNone({ files }: WorkflowRegistry): string | null {
  if (files.some(({ text }) => text !== null)) return null;
  if (files.length === 0) return 'no file of workflows is configured: workflows.paths names none';
  const reasons = files.map(
    ({ name, findings: [finding] }) => `${name}: ${finding?.message ?? 'the file is not read'}`,
  );
  return `no file of workflows can be read: ${reasons.join('; ')}`;
}

const markdown = 'text/markdown';

/** Each file whole, and the section of each workflow. Only addresses that are listed lead to a text. */
function resourcesOf(files: WorkflowsToolsetDeps['files']): Resource[] {
  const registry = files.look();
  const further = registry.files.flatMap(({ uri, name }) =>
    uri === null || uri === workflowsUri ? [] : [{ uri, name }],
  );
  const textAt = (uri: string): string | null => files.look().files.find((file) => file.uri === uri)?.text ?? null;
  return [
    {
      uri: workflowsUri,
      name: 'meta-workflows',
      title: 'Workflows',
      description: 'The file of workflows, whole: the registry and every section.',
      mimeType: markdown,
      toolset: 'workflows' as const,
      foreign: false,
      read: async () => textAt(workflowsUri),
    },
    ...further.map(({ uri, name }) => ({
      uri,
      name,
      title: `Workflows of ${name}`,
      description: 'A further file of workflows, whole.',
      mimeType: markdown,
      toolset: 'workflows' as const,
      foreign: false,
      read: async () => textAt(uri),
    })),
    {
      uri: `${workflowsUri}/{id}`,
      name: 'meta-workflow',
      title: 'One workflow',
      description: 'The section of a workflow: trigger phrases, disambiguation rules, steps and an example.',
      mimeType: markdown,
      toolset: 'workflows' as const,
      foreign: false,
      complete: { id: (typed) => completeId(files.look().workflows, typed) },
      read: async ({ id = '' }) => sectionOf(files.look(), id),
    },
  ];
}

function sectionOf({ workflows }: WorkflowRegistry, id: string): string | null {
  const section = workflows.find((workflow) => workflow.id === id.toUpperCase())?.section ?? '';
  return section === '' ? null : section;
}
