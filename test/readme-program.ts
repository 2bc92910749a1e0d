import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FencedBlock, fencedBlocks } from './fenced-block.ts'
import { root } from './workspace.ts'

/** A program in a README: one `ts` or `js` block, with the blocks marked `continue` that follow it. */
export type ReadmeProgram = { name: string; line: number; code: string }

/** What one README holds, sorted by how it is checked. */
export type Readme = {
  path: string
  programs: ReadmeProgram[]
  shell: FencedBlock[]
  json: FencedBlock[]
  /** Blocks whose fence says something that nobody checks. */
  unknown: FencedBlock[]
}

/** Reads one README of the repository. */
export function readReadme(path: string): Readme {
  const readme: Readme = { path, programs: [], shell: [], json: [], unknown: [] }
  for (const block of fencedBlocks(readFileSync(join(root, path), 'utf8'))) {
    const previous = readme.programs.at(-1)
    if (block.info === 'ts' || block.info === 'js') {
      const name = `${path.replaceAll('/', '-').replace('.md', '')}-line-${block.line}.${block.info}`
      readme.programs.push({ name, line: block.line, code: block.code })
    } else if (previous && block.info === `${previous.name.slice(-2)} continue`) {
      previous.code += block.code
    } else if (block.info === 'sh') readme.shell.push(block)
    else if (block.info === 'json') readme.json.push(block)
    else if (block.info !== 'text') readme.unknown.push(block)
  }
  return readme
}

/** Tells whether the programs of a README talk to an OpenClaw Gateway, which not every test has. */
export function needsOpenClaw(path: string): boolean {
  return path.startsWith('packages/gateways/openclaw/')
}
