import type { RunOptions } from '@pincer/core'

import { convertValue } from './convert-message.ts'
import { LateValue } from './late-value.ts'

const graphs = new Set(['CompiledStateGraph', 'CompiledGraph', 'Pregel', 'LangGraph'])
// What LangChain and LangGraph write there for themselves.
const ownKeys = /^(?:ls_|lc_|langgraph_|__|checkpoint_|(?:versions|thread_id)$)/

type Writable<Options> = { -readonly [Key in keyof Options]: Options[Key] }

/** What the handler's options say about the runs it records. */
export interface RunDefaults {
  readonly name?: string
  readonly agentId?: string
  readonly sessionKey?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The class name of what runs. */
export function convertName(serialized: any): string | undefined {
  const name = serialized?.id?.at?.(-1) ?? serialized?.name
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** What something is called that starts: as the caller says, else as its class. */
export function convertStartName({ serialized, runName }: any, otherwise: string): string {
  return textOf(runName) ?? convertName(serialized) ?? otherwise
}

/** How a chain is built: a whole graph, such as an agent; a sequence; or something else. */
export type ChainKind = 'graph' | 'sequence' | 'other'

/** Tells graphs and sequences, whose work is all done by what is below them, from other chains. */
export function convertKind(serialized: any, runName: unknown): ChainKind {
  if (runName === 'LangGraph') return 'graph'
  const name = convertName(serialized) ?? ''
  if (graphs.has(name)) return 'graph'
  return name === 'RunnableSequence' ? 'sequence' : 'other'
}

/** Converts the start of what nothing of LangChain's stands above; `about` joins its metadata. */
export function convertRun(
  { serialized, tags, metadata, runName }: any,
  inputs: unknown,
  defaults: RunDefaults,
  about: Readonly<Record<string, unknown>> | undefined,
): RunOptions {
  const agent = textOf(metadata?.lc_agent_name)
  const run: Writable<RunOptions> = {
    name:
      defaults.name ?? ownName(runName) ?? agent ?? textOf(runName) ?? convertName(serialized) ?? 'LangChain',
  }
  if (inputs !== undefined) run.input = new LateValue(inputs, convertValue)
  const agentId = defaults.agentId ?? agent
  const sessionKey = defaults.sessionKey ?? convertThread(metadata)
  if (agentId !== undefined) run.agentId = agentId
  if (sessionKey !== undefined) run.sessionKey = sessionKey
  const all: Record<string, unknown> = { ...defaults.metadata }
  for (const key of Object.keys(metadata ?? {})) if (!ownKeys.test(key)) all[key] = metadata[key]
  if (tags?.length > 0) all['tags'] = tags
  Object.assign(all, about)
  if (Object.keys(all).length > 0) run.metadata = all
  return run
}

/** Converts the start of a graph inside a graph; `inherited` is the agent's name in the metadata of the outer one. */
export function convertNestedRun(
  { metadata, runName }: any,
  inputs: unknown,
  inherited: unknown,
  about: Readonly<Record<string, unknown>> | undefined,
): RunOptions {
  const agent = metadata?.lc_agent_name === inherited ? ownName(runName) : textOf(metadata?.lc_agent_name)
  return {
    name: ownName(runName) ?? agent ?? 'LangGraph',
    input: new LateValue(inputs, convertValue),
    ...(agent && { agentId: agent }),
    ...(about && { metadata: about }),
  }
}

/** The conversation that a run belongs to. */
export function convertThread(metadata: any): string | undefined {
  const thread = metadata?.thread_id
  return typeof thread === 'number' ? String(thread) : textOf(thread)
}

/** What stays the same when a graph inside a graph is entered again after an interrupt. */
export function convertPlace(metadata: any, runName: unknown): string {
  return JSON.stringify([metadata?.checkpoint_ns, runName])
}

// Graphs without a name are all called alike.
function ownName(runName: unknown): string | undefined {
  return runName === 'LangGraph' ? undefined : textOf(runName)
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
