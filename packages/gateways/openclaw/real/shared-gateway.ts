import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A Gateway that runs, as the tests reach it from another process. */
export interface GatewayPlace {
  readonly home: string
  readonly port: number
  readonly token: string
  /** Address of the WebSocket. */
  readonly url: string
  /** Address of the HTTP endpoints. */
  readonly httpUrl: string
}

const variable = 'PINCER_OPENCLAW_GATEWAY'

/** Tells the test runner's workers of the Gateway that most of them share. */
export function shareGateway({ home, port, token, url, httpUrl }: GatewayPlace): void {
  process.env[variable] = JSON.stringify({ home, port, token, url, httpUrl })
}

/**
 * The Gateway that the suite was started with.
 *
 * @throws Error outside of `./pnpmw test:openclaw`.
 */
export function sharedGateway(): GatewayPlace {
  const text = process.env[variable]
  if (text === undefined) throw new Error('no Gateway was started; run this through `./pnpmw test:openclaw`')
  return JSON.parse(text) as GatewayPlace
}

/** Where the Gateway of a home writes what it says. */
export function logPath(home: string): string {
  return join(home, 'gateway.log')
}

/** The last lines of what the Gateway of a home wrote. */
export async function readLog(home: string): Promise<string> {
  const text = await readFile(logPath(home), 'utf8').catch(() => '')
  return text.split('\n').slice(-40).join('\n')
}
