import type { CallContext } from './methods/bind-methods.ts'
import { TableClient } from './methods/table-client.ts'
import { checkOptions, type DashClawOptions } from './options.ts'
import { createSend } from './request/create-send.ts'

/** A client of a DashClaw server. */
export class DashClaw extends TableClient {
  readonly baseUrl: string
  readonly agentId: string

  constructor(options: DashClawOptions) {
    const checked = checkOptions(options)
    const { baseUrl, agentId, agentName, swarmId } = checked
    const context: CallContext = {
      send: createSend(checked),
      own: {
        agentId,
        ...(agentName === undefined ? {} : { agentName }),
        ...(swarmId === undefined ? {} : { swarmId }),
      },
    }
    super(context)
    this.baseUrl = baseUrl
    this.agentId = agentId
  }
}
