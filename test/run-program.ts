import { execFile } from 'node:child_process'

/** How a child process ended: its exit code, and all it printed. */
export type Ended = { code: number | null; output: string }

/** Runs Node with these arguments to its end, or kills it after 30 seconds. */
export function runNode(args: string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const options = { cwd, env: { ...process.env, ...env }, timeout: 30_000, maxBuffer: 64 * 1024 * 1024 }
  const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
    const killed = error?.killed ? '\nKilled: it did not end within 30 seconds.' : ''
    resolve({ code: child.exitCode, output: stdout + stderr + killed })
  })
  child.stdin?.end()
  return promise
}
