import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { findChromium } from '../scripts/find-chromium.ts'
import { root } from './workspace.ts'

type Playwright = typeof import('../examples/ai-sdk-chat/node_modules/playwright-core/index.d.ts')

// The example brings the driver; this folder is no package of its own.
const fromExample = createRequire(join(root, 'examples/ai-sdk-chat/package.json'))
const { chromium }: Playwright = fromExample('playwright-core')

/** A browser, as Playwright drives it. */
export type Browser = Awaited<ReturnType<Playwright['chromium']['launch']>>
/** A page of it. */
export type BrowserPage = Awaited<ReturnType<Browser['newPage']>>

/** Opens the browser of this machine. */
export async function openBrowser(): Promise<Browser> {
  // Nothing but pages of this machine is opened, and root has no sandbox in a container.
  const args = ['--no-sandbox', '--disable-dev-shm-usage']
  return await chromium.launch({ executablePath: await findChromium(), args })
}

/** Starts the example as a person does, on a free port. */
export async function startChat(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const main = join(root, 'examples/ai-sdk-chat/src/main.ts')
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _address, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@pincer/source', main, '--port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { url: await readUrl(child), stop: () => stop(child) }
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the chat has no output')
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error('the chat ended before it said where it is')
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}
