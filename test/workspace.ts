import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A package of this repository, as its `package.json` says. */
export type WorkspacePackage = {
  folder: string
  name: string
  private?: boolean
  bin?: Record<string, string>
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** The top of the repository. */
export const root: string = join(import.meta.dirname, '..')

const isOurs = (path: string): boolean => !/(^|\/)(node_modules|dist|\.[^/]+)(\/|$)/.test(path)

/** Every file of this name in the repository, as a path from its top; nothing that was installed or built. */
export function filesNamed(name: string): string[] {
  return globSync(`**/${name}`, { cwd: root, exclude: (path) => !isOurs(path) })
    .filter(isOurs)
    .sort()
}

/** The package of a folder. */
export function workspacePackage(folder: string): WorkspacePackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as WorkspacePackage
  return { ...manifest, folder }
}

/** All packages below the top of the repository. */
export function workspacePackages(): WorkspacePackage[] {
  return filesNamed('package.json')
    .map((path) => dirname(path))
    .filter((folder) => folder !== '.')
    .map(workspacePackage)
}
