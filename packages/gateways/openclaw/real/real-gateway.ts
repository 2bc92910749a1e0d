import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { eventually } from '@pincer/testing'
import type { GatewayProcess } from '../test/stories/story.ts'
import { fetchOpenClaw } from './fetch-openclaw.ts'
import { gatewayConfig, gatewayEnvironment, pluginFolder, stateFolder } from './gateway-config.ts'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'
import { type GatewayPlace, logPath, readLog } from './shared-gateway.ts'
import { noteProcess, suiteFolder } from './suite-folder.ts'

// A busy machine of two cores needs half a minute.
const startTimeoutMs = 120_000
const workspaceFiles: string = join(import.meta.dirname, 'workspace')

const gatePlugin: string = join(import.meta.dirname, '../test/gateway-plugin')

/** The token of every Gateway of this suite; it guards a scratch folder on loopback. */
const gatewayToken = 'story-token'

/** The real Gateway in a process of its own, on loopback, with a home in a temporary folder and the scripted model behind it. */
export class RealGateway implements GatewayPlace, GatewayProcess {
  readonly home: string
  readonly port: number
  readonly token: string = gatewayToken
  readonly #package: string
  readonly #model: ScriptedModel
  #child: ChildProcess | undefined

  private constructor(home: string, port: number, folder: string, model: ScriptedModel) {
    this.home = home
    this.port = port
    this.#package = folder
    this.#model = model
  }

  /**
   * Starts a Gateway on a fresh home and waits until it is ready.
   *
   * @throws Error with the end of the Gateway's log where it does not get ready.
   */
  static async start(): Promise<RealGateway> {
    const folder = await fetchOpenClaw()
    const model = await startScriptedModel()
    const home = await mkdtemp(join(suiteFolder(), 'gateway-'))
    const gateway = new RealGateway(home, await freePort(), folder, model)
    try {
      await gateway.#furnish(model.url)
      gateway.launch()
      await gateway.ready()
    } catch (error) {
      await gateway.stop()
      throw error
    }
    return gateway
  }

  /** Address of the WebSocket. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** Address of the HTTP endpoints. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the process on the same home and port, and does not wait until it is ready. */
  launch(): void {
    if (this.running) throw new Error('the Gateway runs already')
    const log = openSync(logPath(this.home), 'a')
    const words = [join(this.#package, 'openclaw.mjs'), 'gateway', 'run', '--port', `${this.port}`]
    // A group of its own, so that whatever the Gateway starts ends with it.
    const child = spawn(process.execPath, [...words, '--bind', 'loopback'], {
      cwd: this.home,
      env: gatewayEnvironment(this.home),
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    const { pid } = child
    if (pid !== undefined) {
      noteProcess('started', pid)
      child.once('exit', () => noteProcess('ended', pid))
    }
    this.#child = child
  }

  /** Resolves once the Gateway answers that it is ready. */
  async ready(): Promise<void> {
    const startedAt = performance.now()
    try {
      await eventually(async () => {
        if (!this.running) throw new Error('the Gateway ended')
        const answer = await fetch(`${this.httpUrl}/readyz`).catch(() => undefined)
        await answer?.body?.cancel()
        return answer?.status === 200 ? true : undefined
      }, startTimeoutMs)
    } catch (error) {
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      throw new Error(`the Gateway was not ready after ${seconds} s; its log ends:\n${await this.log()}`, {
        cause: error,
      })
    }
  }

  /** Sends the process a signal and resolves once it has ended. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || !this.running) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    if (signal === 'SIGKILL') process.kill(-child.pid, signal)
    else child.kill(signal)
    await ended
  }

  /** The last lines of what the Gateway wrote. */
  log(): Promise<string> {
    return readLog(this.home)
  }

  /** Ends the process and the model, and removes the home. */
  async stop(): Promise<void> {
    await this.kill('SIGKILL')
    await this.#model.close()
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 })
  }

  async #furnish(modelUrl: string): Promise<void> {
    await cp(workspaceFiles, join(this.home, 'workspace'), { recursive: true })
    await cp(gatePlugin, pluginFolder(this.home), { recursive: true })
    await mkdir(stateFolder(this.home), { recursive: true })
    const config = gatewayConfig({ home: this.home, port: this.port, token: this.token, modelUrl })
    await writeFile(join(stateFolder(this.home), 'openclaw.json'), JSON.stringify(config, null, 2), {
      mode: 0o600,
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port on loopback')
  return address.port
}
