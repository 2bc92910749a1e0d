import { workspacePackage, workspacePackages } from './workspace.ts'

const packages = workspacePackages()
const scripts = Object.keys(workspacePackage('.').scripts ?? {})
const published = packages.filter((each) => !each.private)
const installable = new Set(
  published.flatMap(({ name, peerDependencies = {} }) => [name, ...Object.keys(peerDependencies)]),
)
const commands = new Set(published.flatMap(({ name, bin = {} }) => [name, ...Object.keys(bin)]))

/** What is wrong with a command line of a README, or nothing. A line that nothing here knows is wrong. */
export function shellLineError(line: string): string | undefined {
  const filtered = /^\.\/pnpmw --filter (\S+) (\S+)(?:\s.*)?$/.exec(line)
  if (filtered !== null) {
    const scriptsThere = packages.find(({ name }) => name === filtered[1])?.scripts ?? {}
    return (filtered[2] ?? '') in scriptsThere ? undefined : `${filtered[1]} has no script "${filtered[2]}"`
  }
  const words = line
    .replace(/(^|\s)#.*$/, '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('-'))
  while (/^(export|[A-Z_]+=.*)$/.test(words[0] ?? '')) words.shift()
  const [program, ...rest] = words
  const [first = '', ...more] = rest
  switch (program) {
    case undefined:
      return
    case './pnpmw':
      return first === 'install' || scripts.includes(first)
        ? undefined
        : `package.json has no script "${first}"`
    case 'npm': {
      const unknown = more
        .map((name) => name.replace(/(?<=.)@.*$/, ''))
        .filter((name) => !installable.has(name))
      if (first !== 'install') return 'only "npm install" is known'
      return unknown.length ? `neither published here nor a peer: ${unknown.join(', ')}` : undefined
    }
    case 'npx':
      return commands.has(first) ? undefined : `no package here has the command "${first}"`
    case 'cd':
    case 'git':
      return program === 'cd' || first === 'clone' ? undefined : 'only "git clone" is known'
    default:
      return `nobody checks "${program}": teach test/shell-line.ts, or mark the block as text`
  }
}
