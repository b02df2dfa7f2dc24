import type { Prompt, PromptArgument } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { Workflow } from './parse-workflows.ts';
import type { WorkflowInput } from './workflow-section.ts';

/** What prompts complete with beside what the files say. */
export interface CompletionSources {
  /** Names of the configured clusters. */
  readonly clusterNames: () => readonly string[];
}

/** A prompt for each active workflow, under its id, and `run_workflow` for any. Nothing runs by itself. */
export function workflowPrompts(workflows: readonly Workflow[], sources: CompletionSources): Prompt[] {
  const active = workflows.filter(({ status }) => status === 'active');
  return [runWorkflow(workflows), ...active.map((workflow) => promptOf(workflow, sources))];
}

function runWorkflow(workflows: readonly Workflow[]): Prompt {
  return {
    name: 'run_workflow',
    title: 'Run a workflow',
    description: 'Begins a conversation with the steps of a workflow.',
    args: [
      {
        name: 'id',
        description: 'Id of a workflow, such as MW-001; list_meta_workflows has them.',
        required: true,
        complete: (typed) => completeId(workflows, typed),
      },
    ],
    text: ({ id = '' }) => messageOf(workflowOf(workflows, id), {}),
  };
}

/** Ids of active workflows that begin with what was typed, in any case. */
export function completeId(workflows: readonly Workflow[], typed: string): string[] {
  return startingWith(
    workflows.filter(({ status }) => status === 'active').map(({ id }) => id),
    typed,
  );
}

function startingWith(values: readonly string[], typed: string): string[] {
  return values.filter((value) => value.toLowerCase().startsWith(typed.toLowerCase()));
}

/** @throws ToolError `not_found` */
function workflowOf(workflows: readonly Workflow[], id: string): Workflow {
  const found = workflows.find((workflow) => workflow.id === id.trim().toUpperCase());
  if (found !== undefined) return found;
  throw new ToolError(
    'not_found',
    `there is no workflow "${id.slice(0, 40)}"`,
    'list_meta_workflows says which there are.',
  );
}

function promptOf(workflow: Workflow, sources: CompletionSources): Prompt {
  const { id, name, trigger } = workflow;
  return {
    name: id,
    title: name,
    description: trigger === '' ? name : `${name}: for when somebody says "${trigger}"`,
    args: workflow.inputs.map((input) => argumentOf(input, sources)),
    text: (values) => messageOf(workflow, values),
  };
}

function argumentOf(
  { name, description, required, values }: WorkflowInput,
  sources: CompletionSources,
): PromptArgument {
  const known = name === 'cluster' ? sources.clusterNames : () => values;
  return { name, description, required, complete: (typed) => startingWith(known(), typed) };
}

/** What the model is told, as if the person had written it. */
function messageOf(workflow: Workflow, values: Readonly<Record<string, string>>): string {
  const { id, name, status, inputs, rules, steps, example, section } = workflow;
  const given = inputs.flatMap((input) => {
    const value = values[input.name];
    return value === undefined || value === '' ? [] : [`${input.name}: ${value}`];
  });
  const draft = status === 'draft' ? ' It is a draft: say so, and tell me what in it does not work.' : '';
  const parts: readonly (readonly [string, string])[] = [
    ['Inputs', given.join('\n')],
    ['Steps', steps === '' ? section : steps],
    ['Rules', rules],
    ['Example', example],
  ];
  return [
    `Do the workflow ${id} (${name}) now, one step after the other, and say what each gave.${draft}`,
    ...parts.filter(([, text]) => text !== '').map(([title, text]) => `${title}:\n\n${text.trim()}`),
  ].join('\n\n');
}
