import type { Gateway, GatewayRun } from '@pincer/protocol'

/** The same gateway; every run that is started through it is noted in `started`. */
export function watchRuns(
  gateway: Gateway & { readonly agents: NonNullable<Gateway['agents']> },
  started: GatewayRun[],
): Gateway {
  const { agents } = gateway
  return {
    ...gateway,
    agents: {
      ...agents,
      async run(request) {
        const run = await agents.run(request)
        started.push(run)
        return run
      },
    },
  }
}
