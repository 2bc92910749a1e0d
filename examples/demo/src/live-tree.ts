import type { Gateway } from '@pincer/protocol'

import { runTreeLines } from './run-tree-lines.ts'

const refreshMs = 120
const mostNotes = 2
const noWrap = '\u001b[?7l'
const wrap = '\u001b[?7h'
const clearBelow = '\u001b[J'

/**
 * Draws the newest root run, with the newest notes below it, again and again while it changes.
 *
 * What does not fit the terminal is left out; the returned function stops the drawing and wipes it.
 */
export function drawLiveTree(
  gateway: Gateway,
  out: NodeJS.WriteStream,
  notes: readonly string[],
): () => Promise<void> {
  let drawn = 0
  let stopped = false
  const draw = (lines: readonly string[]): void => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    out.write(`${noWrap}${up}${clearBelow}${lines.map((line) => `${line}\n`).join('')}${wrap}`)
    drawn = lines.length
  }
  const look = async (): Promise<readonly string[]> => {
    const page = await gateway.runs?.list({ limit: 20 })
    const root = page?.items.find((run) => run.parentRunId === undefined)
    const tree = root && (await gateway.runs?.get(root.runId))
    const lines = [...(tree === undefined ? [] : runTreeLines(tree, true)), ...notes.slice(-mostNotes)]
    return lines.slice(-Math.max(out.rows - 2, 1))
  }
  const drawing = (async () => {
    while (!stopped) {
      draw(await look())
      await new Promise((resolve) => setTimeout(resolve, refreshMs))
    }
  })()
  return async () => {
    stopped = true
    await drawing
    draw([])
  }
}
