import { styleText } from 'node:util'

import type { ActionSummary, RunTree, Usage } from '@pincer/protocol'

type Colour = Parameters<typeof styleText>[0]

const looks: Record<string, readonly [mark: string, colour: Colour]> = {
  ok: ['✓', 'green'],
  completed: ['✓', 'green'],
  running: ['…', 'cyan'],
  queued: ['…', 'cyan'],
  paused: ['?', 'yellow'],
  cancelled: ['–', 'yellow'],
  unread: ['–', 'yellow'],
  abandoned: ['–', 'yellow'],
  length: ['!', 'yellow'],
}

interface Place {
  readonly startedAt: number
  /** The action that it runs inside. */
  readonly above: string | undefined
}

interface Part extends Place {
  readonly id: string
  readonly head: string
  readonly inner: readonly Part[]
}

/** Writes a run and everything below it, a line each. */
export function runTreeLines(run: RunTree, colours: boolean): string[] {
  const paint = (colour: Colour, text: string): string =>
    colours ? styleText(colour, text, { validateStream: false }) : text
  const line = (
    status: string,
    kind: string,
    name: string,
    ms: number | undefined,
    rest: readonly string[],
  ): string => {
    const [mark, colour] = looks[status] ?? ['✗', 'red']
    const words = status === 'ok' || status === 'completed' ? [] : [paint(colour, status)]
    const facts = [...words, ...(ms === undefined ? [] : [formatMs(ms)]), ...rest].join('  ')
    return `${paint(colour, mark)} ${paint('dim', kind)} ${name}  ${facts}`
  }

  const actionLine = (action: ActionSummary): string => {
    const kind = action.kind === 'tool_call' ? 'tool' : action.kind === 'model_call' ? 'model' : 'retrieval'
    const rest = [
      ...usageWords(action.usage),
      ...(action.error === undefined ? [] : [paint('dim', action.error.message)]),
    ]
    return line(action.outcome, kind, action.name, action.durationMs, rest)
  }

  const partsOf = ({ actions, children }: RunTree): Part[] => {
    const parts = [
      ...actions.map((action) => ({
        ...placeOf(action),
        id: action.actionId,
        head: actionLine(action),
        inner: [],
      })),
      ...children.map((child) => ({
        ...placeOf(child),
        id: child.runId,
        head: runLine(child),
        inner: partsOf(child),
      })),
    ].sort((left, right) => left.startedAt - right.startedAt)
    // What runs inside an action, such as an agent inside a tool, stands below it.
    const ids = new Set(actions.map(({ actionId }) => actionId))
    const nest = (part: Part): Part => ({
      ...part,
      inner: [...part.inner, ...parts.filter(({ above }) => above === part.id).map(nest)],
    })
    return parts.filter(({ above }) => above === undefined || !ids.has(above)).map(nest)
  }

  const runLine = (child: RunTree): string =>
    line(child.status, 'run', child.name ?? child.runId, child.durationMs, usageWords(child.totalUsage))

  return [runLine(run), ...indentParts(partsOf(run), '')]
}

function placeOf({ startedAt, parentActionId }: Pick<ActionSummary, 'startedAt' | 'parentActionId'>): Place {
  return { startedAt, above: parentActionId }
}

function indentParts(parts: readonly Part[], indent: string): string[] {
  return parts.flatMap(({ head, inner }, index) => {
    const isLast = index === parts.length - 1
    return [
      `${indent}${isLast ? '└─' : '├─'} ${head}`,
      ...indentParts(inner, `${indent}${isLast ? '   ' : '│  '}`),
    ]
  })
}

function usageWords(usage: Usage | undefined): string[] {
  if (usage === undefined || usage.totalTokens === 0) return []
  const tokens = `${usage.inputTokens} in + ${usage.outputTokens} out tokens`
  return [tokens, usage.costUsd === undefined ? 'no known price' : `$${usage.costUsd.toFixed(6)}`]
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
