import type { ActionKind, JsonObject, JsonValue, Risk } from '@pincer/protocol'
import { isFields } from '../request/invalid-input.ts'

/** A run, or a step of one, before it is described for DashClaw. */
export interface Step {
  readonly kind: 'run' | ActionKind
  /** Name of the run, tool, model or retrieval. */
  readonly name: string
  readonly input?: JsonValue
  readonly risk?: Risk
  /** Of runs. */
  readonly metadata?: JsonObject
}

/** What DashClaw's policies look at. */
export interface StepDescription {
  /** 128 characters at most. */
  readonly action_type: string
  readonly declared_goal: string
  readonly systems_touched: readonly string[]
  /** Integer from 0 to 100; the server computes one of its own, and the higher of the two holds. */
  readonly risk_score?: number
  readonly reversible?: boolean
}

/** Describes a step, or parts of what describes it; the rest is as usual. */
export type DescribeStep = (step: Step) => Partial<StepDescription> | undefined

const riskScores: Readonly<Record<Risk, number>> = { low: 10, medium: 40, high: 70, critical: 90 }
const longestType = 128
const longestGoal = 600

/**
 * Describes a step for the guard and for the record alike, so that both come to the same decision.
 *
 * A tool's name is its `action_type`, so that policies can be about tools; the goal holds its arguments, so that policies see them.
 *
 * @param describe - The app's own words; what it throws is thrown.
 */
export function describeStep(step: Step, describe: DescribeStep | undefined): StepDescription {
  const { kind, risk } = step
  const name = step.name.trim() === '' ? 'unnamed' : step.name
  const usual: StepDescription = {
    action_type: kind === 'tool_call' ? name : kind,
    declared_goal: writeGoal(step, name),
    systems_touched: kind === 'run' ? [] : [name],
    ...(risk === undefined ? {} : { risk_score: riskScores[risk] }),
  }
  const own = describe?.(step)
  const described = isFields(own) ? { ...usual, ...withoutUndefined(own) } : usual
  return {
    ...described,
    action_type: described.action_type.slice(0, longestType).toWellFormed(),
    declared_goal: cut(described.declared_goal),
  }
}

const words: readonly string[] = [
  'deploy',
  'security',
  'migrate',
  'apply',
  'sync',
  'config',
  'cleanup',
  'build',
  'post',
  'fix',
  'refactor',
  'test',
  'message',
  'monitor',
  'alert',
  'calendar',
  'research',
  'review',
  'api',
]
const wordsOfKinds: Readonly<Record<Step['kind'], string>> = {
  run: 'other',
  model_call: 'api',
  tool_call: 'other',
  retrieval: 'research',
}

/** The word of the twenty that servers of 2.0.x take which comes nearest to an action's type. */
export function nearestWord(kind: Step['kind'], actionType: string): string {
  const parts = actionType
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
  return words.find((word) => parts.includes(word)) ?? wordsOfKinds[kind]
}

function writeGoal({ kind, input }: Step, name: string): string {
  if (kind === 'run') return `Run ${name}`
  if (kind === 'model_call') return `Ask the model ${name}`
  const given = input === undefined ? '' : typeof input === 'string' ? input : JSON.stringify(input)
  const verb = kind === 'retrieval' ? 'Search in' : 'Use the tool'
  return given === '' ? `${verb} ${name}` : `${verb} ${name}: ${given}`
}

function cut(text: string): string {
  return text.length <= longestGoal ? text : `${text.slice(0, longestGoal - 2).toWellFormed()} …`
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  // Fewer of the same fields.
  return Object.fromEntries(entries) as Partial<Value>
}
