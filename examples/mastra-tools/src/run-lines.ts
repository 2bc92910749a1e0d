import type { RunningGateway } from '@pincer/local-gateway'

type RunTree = NonNullable<Awaited<ReturnType<RunningGateway['gateway']['runs']['get']>>>

/** Writes a run as indented lines: its actions in the order in which they began, each with its tokens. */
export function runLines(run: RunTree, indent = ''): string[] {
  const parts = [
    ...run.actions.map(({ startedAt, kind, name, outcome, usage }) => ({
      startedAt,
      lines: [`${indent}  ${kind} ${name}: ${outcome}${tokens(usage)}`],
    })),
    ...run.children.map((child) => ({ startedAt: child.startedAt, lines: runLines(child, `${indent}  `) })),
  ].sort((left, right) => left.startedAt - right.startedAt)
  const head = `${indent}${run.name ?? run.runId}: ${run.status}${tokens(run.totalUsage)}`
  return [head, ...parts.flatMap(({ lines }) => lines)]
}

function tokens(usage: RunTree['usage'] | undefined): string {
  return usage === undefined ? '' : `, ${usage.inputTokens} tokens in, ${usage.outputTokens} out`
}
