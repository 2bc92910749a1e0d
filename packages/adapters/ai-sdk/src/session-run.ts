import { type AgentRunner, type ClawEvent, GatewayError, type GatewayRun } from '@pincer/protocol'

/** True where both are keys of one session: some gateways write `agent:<id>:` before the key they were given, in small letters. */
export function isSameSession(found: string, asked: string): boolean {
  if (found === asked) return true
  const prefix = /^agent:[^:]+:/i.exec(found)?.[0]
  return prefix !== undefined && found.slice(prefix.length).toLowerCase() === asked.toLowerCase()
}

/** True where both sessions are known, and differ. */
export function isOtherSession(found: string | undefined, asked: string | undefined): boolean {
  return found !== undefined && asked !== undefined && !isSameSession(found, asked)
}

/**
 * Finds a run again that a message names; `undefined` where it is none of the session.
 *
 * @param known - What `get` is told; `sessionKey` is the session that the server names, which messages do not.
 */
export async function findOwnRun(
  agents: Pick<AgentRunner, 'get'>,
  runId: string,
  sessionKey: string | undefined,
  known: Parameters<AgentRunner['get']>[1],
): Promise<GatewayRun | undefined> {
  const run = await agents.get(runId, known)
  if (run === undefined || isOtherSession(run.sessionKey, sessionKey)) return undefined
  return sessionKey === undefined ? run : guardRun(run, sessionKey)
}

/**
 * The run, which tells nothing of another session and is not cancelled from there: a page names the run, and a gateway may give away
 * any run that is named.
 */
export function guardRun(run: GatewayRun, sessionKey: string): GatewayRun {
  let isForeign = false
  const check = (found: string | undefined): void => {
    if (!isOtherSession(found, sessionKey)) return
    isForeign = true
    throw new GatewayError('the run belongs to another session', { status: 403 })
  }
  return {
    runId: run.runId,
    ...(run.sessionKey !== undefined && { sessionKey: run.sessionKey }),
    ...(run.isPartial === true && { isPartial: run.isPartial }),
    async *events(options): AsyncGenerator<ClawEvent> {
      for await (const event of run.events(options)) {
        check(event.sessionKey)
        yield event
      }
    },
    async wait(options) {
      const result = await run.wait(options)
      check(result.sessionKey)
      return result
    },
    async cancel(reason) {
      if (!isForeign) await run.cancel(reason)
    },
  }
}
