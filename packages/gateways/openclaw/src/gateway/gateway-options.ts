import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import { discoverAddress, discoverGateway } from '../discover.ts'
import { OpenClaw } from '../openclaw.ts'
import { type OpenClawOptions, openClawOptionNames } from '../options.ts'
import { httpOrigin } from '../http/http-origin.ts'
import { askAboutRisk, type GuardPolicy } from './guard.ts'
import type { HttpAccess } from './http-access.ts'
import { isLoopback } from './mcp-grant.ts'

/** What an OpenClaw gateway can be told beside how its Gateway is reached. */
export interface OpenClawGatewaySettings {
  /**
   * Decides on actions before they happen; OpenClaw has no policies for the actions of other frameworks.
   *
   * When absent, a person is asked before tool calls whose risk is declared as `high` or `critical`, and everything else goes on.
   */
  readonly guard?: GuardPolicy | undefined
  /** Milliseconds that people have to answer an approval; 600,000, which is the most that the Gateway allows. */
  readonly approvalTimeoutMs?: number | undefined
  /** Milliseconds that a tool of the Gateway may take; 300,000. */
  readonly toolTimeoutMs?: number | undefined
  /** The agent that owns the sessions in which runs are shown; the Gateway's default agent. */
  readonly agentId?: string | undefined
  /** Where the Gateway answers HTTP and with which token, where that is not the address and the token of its WebSocket. */
  readonly http?: { readonly url?: string | undefined; readonly token?: string | undefined } | undefined
  /** Whether tools are listed with their schemas over the Gateway's MCP server; true where the Gateway is on this machine. */
  readonly mcp?: boolean | undefined
}

/** How an OpenClaw gateway reaches its Gateway: by options of a client, or by a client that its owner closes. */
export type OpenClawGatewayOptions = OpenClawGatewaySettings &
  (OpenClawOptions | { readonly client: OpenClaw })

/** The options, checked and with their defaults. */
export interface CheckedGatewayOptions {
  readonly client: OpenClaw
  /** True where the client was made here, and is closed here. */
  readonly ownsClient: boolean
  readonly guard: GuardPolicy
  readonly approvalTimeoutMs: number
  readonly toolTimeoutMs: number
  readonly agentId: string | undefined
  readonly access: HttpAccess | undefined
  readonly mcp: boolean
}

// Written as a record, so that the compiler misses a name that is added to the settings.
const settingNames: Readonly<Record<keyof OpenClawGatewaySettings, true>> = {
  guard: true,
  approvalTimeoutMs: true,
  toolTimeoutMs: true,
  agentId: true,
  http: true,
  mcp: true,
}
const longestApprovalMs = 600_000
const defaultToolMs = 300_000
const longestTimerMs = 2_147_483_647

/**
 * Checks the options before anything is opened.
 *
 * @throws PincerError `invalid_option` naming the option.
 */
export function readGatewayOptions(options: OpenClawGatewayOptions): CheckedGatewayOptions {
  const own = Object.keys(settingNames)
  const hasClient = typeof options === 'object' && options !== null && 'client' in options
  checkOptionNames('openclaw()', options, [...own, ...(hasClient ? ['client'] : openClawOptionNames)])
  const { guard, approvalTimeoutMs, toolTimeoutMs, agentId, http, mcp, ...rest } = options
  if (guard !== undefined && typeof guard !== 'function') throw wrong('guard', 'a function', guard)
  if (agentId !== undefined && (typeof agentId !== 'string' || agentId === '')) {
    throw wrong('agentId', 'the id of an agent, such as "main"', agentId)
  }
  if (mcp !== undefined && typeof mcp !== 'boolean') throw wrong('mcp', 'true or false', mcp)
  if (http !== undefined) checkOptionNames('http', http, ['url', 'token'])
  const clientOptions = 'client' in rest ? undefined : rest
  const access = readAccess(http, clientOptions)
  return {
    ...readClient(rest),
    guard: guard ?? askAboutRisk,
    approvalTimeoutMs: readTime('approvalTimeoutMs', approvalTimeoutMs, longestApprovalMs, longestApprovalMs),
    toolTimeoutMs: readTime('toolTimeoutMs', toolTimeoutMs, defaultToolMs, longestTimerMs),
    agentId,
    access,
    mcp: mcp ?? (access !== undefined && isLoopback(access.origin)),
  }
}

function readClient(
  options: OpenClawOptions | { readonly client: OpenClaw },
): Pick<CheckedGatewayOptions, 'client' | 'ownsClient'> {
  if (!('client' in options)) return { client: new OpenClaw(options), ownsClient: true }
  const { client } = options
  if (typeof client?.request !== 'function') throw wrong('client', 'an OpenClaw client', client)
  return { client, ownsClient: false }
}

/** How the HTTP endpoints of the same Gateway are reached; undefined behind a transport that tells no address. */
function readAccess(
  http: OpenClawGatewaySettings['http'],
  client: OpenClawOptions | undefined,
): HttpAccess | undefined {
  const given = http?.url
  if (client === undefined || client.transport !== undefined) {
    return given === undefined ? undefined : { origin: httpOrigin('http.url', given), token: http?.token }
  }
  const { url, gateway, tlsFingerprint, edgeAuthHeaders } = client
  const address = gateway === 'auto' ? undefined : (url ?? gateway)
  // Where credentials were given, those that lie about are not sent beside them.
  const hasOwn =
    http?.token !== undefined ||
    [client.token, client.password, client.deviceToken, client.bootstrapToken].some(
      (own) => own !== undefined,
    )
  const found = address === undefined ? (hasOwn ? discoverAddress() : discoverGateway()) : { url: address }
  return {
    origin: httpOrigin(given === undefined ? 'url' : 'http.url', given ?? found.url),
    token:
      http?.token ??
      client.token ??
      client.password ??
      ('from' in found ? (found.token ?? found.password) : undefined),
    headers: edgeAuthHeaders,
    tlsFingerprint: tlsFingerprint ?? ('tlsFingerprint' in found ? found.tlsFingerprint : undefined),
  }
}

function readTime(name: string, value: number | undefined, initial: number, longest: number): number {
  if (value === undefined) return initial
  if (Number.isInteger(value) && value >= 1 && value <= longest) return value
  throw wrong(name, `whole milliseconds from 1 to ${longest}`, value)
}

function wrong(name: string, expected: string, found: unknown): PincerError {
  return new PincerError('invalid_option', `${name}: expected ${expected}, found ${describeValue(found)}`)
}
