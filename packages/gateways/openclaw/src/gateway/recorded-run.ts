import { type ClawEvent, isTerminalEvent, type JsonValue } from '@pincer/protocol'
import { cutBytes } from './cut-bytes.ts'

/** One step of a run, as its card shows it. */
interface Step {
  readonly label: string
  done: boolean
  /** How it ended, where not well. */
  how?: string
  /** True for tools, which are named in the session's status line while they run. */
  readonly isTool: boolean
}

/** What is shown of a root run: its name, its steps and how it ended. */
export interface RecordedRun {
  /** Full key of the session it is shown in; undefined until it is known. */
  sessionKey: string | undefined
  /** True once the session stands in the Gateway. */
  hasSession: boolean
  name: string | undefined
  readonly steps: Map<string, Step>
  /** How many steps are no longer kept. */
  dropped: number
  /** How the run ended, such as `completed`. */
  ended: string | undefined
  /** The status line as the Gateway has it. */
  shownNote: string | undefined
  /** True where the card has not been written since the last change. */
  dirty: boolean
  /** Monotonic milliseconds of the last card. */
  cardAt: number
}

/** What `progressCard.put` takes beside the session. */
export interface ProgressCard {
  readonly markdown: string
  readonly plan: readonly {
    readonly step: string
    readonly status: 'pending' | 'in_progress' | 'completed'
  }[]
}

/** A message for the transcript. */
export interface InjectedMessage {
  readonly message: string
  readonly label?: string
}

// Within the Gateway's 50 steps of 512 bytes and 8192 bytes in all.
const shownSteps = 50
const stepBytes = 140
const headBytes = 400
const keptSteps = 200
const noteLength = 120
const labelLength = 100
const longestMessage = 100_000

export function createRecordedRun(): RecordedRun {
  return {
    sessionKey: undefined,
    hasSession: false,
    name: undefined,
    steps: new Map(),
    dropped: 0,
    ended: undefined,
    shownNote: undefined,
    dirty: false,
    cardAt: -Infinity,
  }
}

/**
 * Brings a run up to date with an event of it or of a run below it; telling an event twice changes nothing.
 *
 * @returns the message that the event leads to, where it leads to one.
 */
export function applyEvent(run: RecordedRun, event: ClawEvent, isRoot: boolean): InjectedMessage | undefined {
  run.dirty = true
  if (event.type === 'run.started') {
    if (isRoot) run.name = event.data.name ?? run.name
    else if (event.runId !== undefined)
      addStep(run, event.runId, `run ${event.data.name ?? event.runId}`, false)
    return undefined
  }
  if (isTerminalEvent(event)) {
    const how = event.type.slice('run.'.length)
    if (!isRoot) {
      endStep(run, event.runId, how === 'completed' ? undefined : how)
      return undefined
    }
    run.ended = how
    for (const step of run.steps.values()) step.done = true
    return finalMessage(run, event)
  }
  const actionId = event.actionId
  switch (event.type) {
    case 'model.call.started':
      addStep(run, actionId, `model ${event.data.model}`, false)
      break
    case 'tool.call.started':
      addStep(run, actionId ?? event.data.toolCallId, event.data.name, true)
      break
    case 'retrieval.started':
      addStep(run, actionId, `search ${event.data.name}`, false)
      break
    case 'tool.call.completed':
    case 'tool.call.failed':
      endStep(run, actionId ?? event.data.toolCallId, describeOutcome(event.data.outcome))
      break
    case 'model.call.completed':
    case 'model.call.failed':
    case 'retrieval.completed':
    case 'retrieval.failed':
      endStep(run, actionId, describeOutcome(event.data.outcome))
      break
    default:
      break
  }
  return undefined
}

/** Writes the card of a run within the Gateway's limits; the oldest steps are left out first. */
export function writeCard(run: RecordedRun): ProgressCard {
  const steps = [...run.steps.values()]
  const missing = run.dropped + Math.max(0, steps.length - shownSteps)
  const count = run.dropped + steps.length
  const head = `**${run.name ?? 'run'}** · ${run.ended ?? 'running'} · ${count} ${count === 1 ? 'step' : 'steps'}`
  return {
    markdown: cutBytes(missing === 0 ? head : `${head}, the last ${shownSteps} shown`, headBytes),
    plan: steps.slice(-shownSteps).map(({ label, done, how }) => ({
      step: cutBytes(how === undefined ? label : `${label} (${how})`, stepBytes),
      status: done ? 'completed' : 'in_progress',
    })),
  }
}

/** The status line of the session: the tool that runs; undefined where none does. */
export function writeNote(run: RecordedRun): string | undefined {
  const running = [...run.steps.values()].filter((step) => step.isTool && !step.done)
  const last = running.at(-1)
  return last === undefined ? undefined : last.label.slice(0, noteLength).toWellFormed()
}

function addStep(run: RecordedRun, id: string | undefined, label: string, isTool: boolean): void {
  if (id === undefined || run.steps.has(id)) return
  run.steps.set(id, { label: label === '' ? 'step' : label, done: run.ended !== undefined, isTool })
  if (run.steps.size <= keptSteps) return
  const oldest = run.steps.keys().next()
  if (oldest.done !== true && run.steps.delete(oldest.value)) run.dropped++
}

function endStep(run: RecordedRun, id: string | undefined, how: string | undefined): void {
  const step = id === undefined ? undefined : run.steps.get(id)
  if (step === undefined) return
  step.done = true
  if (how !== undefined) step.how = how
}

function describeOutcome(outcome: string): string | undefined {
  return outcome === 'ok' ? undefined : outcome
}

function finalMessage(run: RecordedRun, event: ClawEvent): InjectedMessage | undefined {
  const text =
    event.type === 'run.failed'
      ? `The run failed: ${event.data.error.message}`
      : event.type === 'run.completed'
        ? writeOutput(event.data.output)
        : ''
  if (text.trim() === '') return undefined
  const message =
    text.length > longestMessage ? `${text.slice(0, longestMessage).toWellFormed()}\n\n… [cut]` : text
  return run.name === undefined || run.name === ''
    ? { message }
    : { message, label: run.name.slice(0, labelLength).toWellFormed() }
}

function writeOutput(output: JsonValue | undefined): string {
  if (output === undefined || output === null) return ''
  return typeof output === 'string' ? output : `\`\`\`json\n${JSON.stringify(output, undefined, 2)}\n\`\`\``
}
