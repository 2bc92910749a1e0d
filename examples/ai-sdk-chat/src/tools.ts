import type { RegisteredTool } from '@pincer/local-gateway'

const order = {
  type: 'object',
  properties: { order: { type: 'integer', description: 'Number of the order.' } },
  required: ['order'],
} as const

/** Answers at once. */
export const lookUpOrder: RegisteredTool = {
  name: 'look_up_order',
  description: 'Looks up what is known about an order.',
  inputSchema: order,
  execute: ({ order: number }) => ({ order: number ?? null, status: 'lost', carrier: 'Snail Mail' }),
}

/** Runs once a person has allowed it: a policy of the gateway says so. */
export const refundOrder: RegisteredTool = {
  name: 'refund_order',
  description: 'Refunds what a customer paid for an order.',
  inputSchema: order,
  risk: 'high',
  execute: ({ order: number }) => ({ order: number ?? null, refunded: true }),
}
