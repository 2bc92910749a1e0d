import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ReadmeProgram } from './readme-program.ts'
import { root, workspacePackages } from './workspace.ts'

/** Where the programs of the READMEs are written, compiled and run: a folder of this process, inside the repository. */
export const readmeWorkspace: string = join(root, '.readme-blocks', String(process.pid))

/** Writes the programs into a project that has installed every published package, its dependencies, its peers and what stands beside them. */
export function writeReadmeWorkspace(programs: ReadmeProgram[]): void {
  removeReadmeWorkspace()
  for (const { folder, name, private: hidden, ...needs } of workspacePackages()) {
    if (hidden) continue
    link(name, join(root, folder))
    // What stands beside a framework, such as the clients of its models, is a development dependency.
    const beside = Object.keys({ ...needs.devDependencies }).filter(
      (needed) => !needed.startsWith('@pincer/'),
    )
    for (const needed of [...Object.keys({ ...needs.peerDependencies, ...needs.dependencies }), ...beside]) {
      link(needed, join(root, folder, 'node_modules', needed))
    }
  }
  const compilerOptions = { declaration: false, isolatedDeclarations: false }
  write('package.json', '{ "private": true, "type": "module" }')
  write(
    'tsconfig.json',
    JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
  )
  for (const { name, code } of programs) write(name, code)
}

/** Removes it again. */
export function removeReadmeWorkspace(): void {
  rmSync(readmeWorkspace, { recursive: true, force: true })
}

function link(name: string, target: string): void {
  const path = join(readmeWorkspace, 'node_modules', name)
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path)
}

function write(name: string, text: string): void {
  writeFileSync(join(readmeWorkspace, name), text)
}
