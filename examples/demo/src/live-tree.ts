import type { Gateway } from '@pincer/protocol'

import { runTreeLines } from './run-tree-lines.ts'

const refreshMs = 120

/** Draws the newest root run again and again while it changes; returns what stops it and leaves the last picture. */
export function drawLiveTree(gateway: Gateway, out: NodeJS.WriteStream): () => Promise<void> {
  let drawn = 0
  let stopped = false
  const draw = async (): Promise<void> => {
    const page = await gateway.runs?.list({ limit: 20 })
    const root = page?.items.find((run) => run.parentRunId === undefined)
    const tree = root && (await gateway.runs?.get(root.runId))
    if (tree === undefined) return
    const lines = runTreeLines(tree, true).map((line) => `${line}\u001b[K`)
    out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.join('\n')}\n\u001b[J`)
    drawn = lines.length
  }
  const drawing = (async () => {
    while (!stopped) {
      await draw()
      await new Promise((resolve) => setTimeout(resolve, refreshMs))
    }
  })()
  return async () => {
    stopped = true
    await drawing
    await draw()
  }
}
