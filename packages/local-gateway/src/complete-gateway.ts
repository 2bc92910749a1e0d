import type { EventSink, Gateway } from '@pincer/protocol'
import type { UsageGroup, UsageQuery } from './record/usage-group.ts'

/** A local gateway, in process or over HTTP: every part of a gateway is there, but artifacts. */
export interface LocalGateway extends Required<Omit<Gateway, 'artifacts'>> {
  readonly events: Required<EventSink>
  /**
   * Sums tokens and cost over all runs: at most 1,000 groups, days in order, models and agents by tokens, most first.
   *
   * @throws GatewayError with `gatewayCode: 'invalid_request'` where the grouping or a time is not valid.
   * @example
   * const [dearest] = await gateway.usage({ groupBy: 'model', from: Date.now() - 86_400_000 })
   */
  usage(query?: UsageQuery): Promise<readonly UsageGroup[]>
}
