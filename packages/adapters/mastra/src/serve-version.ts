import { readFileSync } from 'node:fs'

/** The version of this package, which MCP servers tell. */
export const version: string = readVersion()

function readVersion(): string {
  // One level up from both `src` and `dist`.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return String(Object(manifest).version)
}
