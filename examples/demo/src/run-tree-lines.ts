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

  const actionLines = (action: ActionSummary): string => {
    const kind = action.kind === 'tool_call' ? 'tool' : action.kind === 'model_call' ? 'model' : 'retrieval'
    const rest = [
      ...usageWords(action.usage),
      ...(action.error === undefined ? [] : [paint('dim', action.error.message)]),
    ]
    return line(action.outcome, kind, action.name, action.durationMs, rest)
  }

  const below = (parent: RunTree, indent: string): string[] => {
    const parts = [
      ...parent.actions.map((action) => ({
        at: action.startedAt,
        head: actionLines(action),
        run: undefined,
      })),
      ...parent.children.map((child) => ({ at: child.startedAt, head: runLine(child), run: child })),
    ].sort((left, right) => left.at - right.at)
    return parts.flatMap((part, index) => {
      const last = index === parts.length - 1
      const inner = part.run === undefined ? [] : below(part.run, `${indent}${last ? '   ' : '│  '}`)
      return [`${indent}${last ? '└─' : '├─'} ${part.head}`, ...inner]
    })
  }

  const runLine = (child: RunTree): string =>
    line(child.status, 'run', child.name ?? child.runId, child.durationMs, usageWords(child.totalUsage))

  return [runLine(run), ...below(run, '')]
}

function usageWords(usage: Usage | undefined): string[] {
  if (usage === undefined || usage.totalTokens === 0) return []
  const tokens = `${usage.inputTokens} in + ${usage.outputTokens} out tokens`
  return [tokens, usage.costUsd === undefined ? 'no known price' : `$${usage.costUsd.toFixed(6)}`]
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
