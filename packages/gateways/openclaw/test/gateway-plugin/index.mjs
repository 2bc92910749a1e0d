// A plugin of the Gateway for tests of the gateway: one tool asks a person, one is blocked, on every way that leads to them.
// oxlint-disable-next-line import/no-default-export -- OpenClaw loads a plugin by it
export default {
  id: 'pincer-gate',
  name: 'Pincer gate',
  register(api) {
    api.on('before_tool_call', ({ toolName }) => {
      if (toolName === 'agents_list') {
        return {
          requireApproval: {
            title: 'List the agents',
            description: 'the gate wants a person to decide',
            severity: 'warning',
            allowedDecisions: ['allow-once', 'deny'],
            timeoutMs: 10_000,
          },
        }
      }
      return toolName === 'sessions_list'
        ? { block: true, blockReason: 'the gate blocks this tool' }
        : undefined
    })
  },
}
