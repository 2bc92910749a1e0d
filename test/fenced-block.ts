/** One fenced block of a markdown file. `info` is what stands behind the opening fence. */
export type FencedBlock = { line: number; info: string; code: string }

/** All fenced blocks of a markdown text, in order; an unclosed fence is an error. */
export function fencedBlocks(markdown: string): FencedBlock[] {
  const blocks: FencedBlock[] = []
  let open: { fence: string; indent: number; line: number; info: string; code: string[] } | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, indent = '', fence = '', info = ''] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(text) ?? []
    if (!open) {
      if (fence) open = { fence, indent: indent.length, line: index + 1, info: info.trim(), code: [] }
    } else if (fence.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ line: open.line, info: open.info, code: `${open.code.join('\n')}\n` })
      open = undefined
    } else {
      open.code.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)))
    }
  }
  if (open) throw new Error(`The fence opened in line ${open.line} is never closed.`)
  return blocks
}
