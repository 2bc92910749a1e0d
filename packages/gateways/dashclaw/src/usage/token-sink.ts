import type { ClawEvent, EventSink, EventVerdict } from '@pincer/protocol'
import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import type { MethodRow } from '../methods/method.ts'
import { DashClawError } from '../request/dashclaw-error.ts'

const row: MethodRow = {
  verb: 'POST',
  path: '/api/tokens',
  params: ['...usage'],
  own: { agent_id: 'agentId' },
  servers: '2.0',
}

// A batch that is handed over again must not be counted again.
const rememberedIds = 10_000

/** Makes what takes the events of wrapped clients: the usage of each model call becomes a token report, the rest is dropped. */
export function createTokenSink(context: CallContext): EventSink {
  const told = new Set<string>()
  async function tell(event: ClawEvent): Promise<void> {
    if (event.type !== 'usage.reported' || told.has(event.id)) return
    const { inputTokens, outputTokens, model } = event.data
    const usage = { tokens_in: inputTokens, tokens_out: outputTokens, ...(model === '' ? {} : { model }) }
    await callMethod(context, 'wrapClient', row, [usage]).catch((error: unknown) => {
      // Servers of the 2.10 era do not route it.
      if (!(error instanceof DashClawError && error.status === 404)) throw error
    })
    told.add(event.id)
    if (told.size > rememberedIds) told.delete(told.values().next().value ?? '')
  }
  return {
    async append(events): Promise<readonly EventVerdict[]> {
      for (const event of events) await tell(event)
      return events.map(({ id }) => ({ id, status: 'accepted' }))
    },
  }
}
