import type { RegisteredTool } from '@pincer/local-gateway'
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction'

const noParameters = { type: 'object', properties: {}, additionalProperties: false } as const

function oneText(name: string): {
  type: 'object'
  properties: Record<string, { type: 'string' }>
  required: string[]
} {
  return { type: 'object', properties: { [name]: { type: 'string' } }, required: [name] }
}

/** Answers at once. */
export const lookUpOrder: RunnableToolFunctionWithParse<{ order: string }> = {
  type: 'function',
  function: {
    name: 'look_up_order',
    description: 'Looks up what is known about an order.',
    parameters: oneText('order'),
    parse: JSON.parse,
    function: async ({ order }) => ({ order, status: 'shipped', carrier: 'Snail Mail' }),
  },
}

/** Always fails. */
export const readWarehouse: RunnableToolFunctionWithParse<object> = {
  type: 'function',
  function: {
    name: 'read_warehouse',
    description: 'Reads the stock of the warehouse.',
    parameters: noParameters,
    parse: JSON.parse,
    function: () => {
      throw new Error('the warehouse does not answer')
    },
  },
}

/** Never runs: a policy of the gateway blocks it. */
export const deleteCustomer: RunnableToolFunctionWithParse<{ customer: string }> = {
  type: 'function',
  function: {
    name: 'delete_customer',
    description: 'Deletes everything that is known about a customer.',
    parameters: oneText('customer'),
    parse: JSON.parse,
    function: () => {
      throw new Error('a blocked tool was called')
    },
  },
}

/** Runs once a person has allowed it. */
export const refundOrder: RunnableToolFunctionWithParse<{ order: string }> = {
  type: 'function',
  function: {
    name: 'refund_order',
    description: 'Refunds what a customer paid for an order.',
    parameters: oneText('order'),
    parse: JSON.parse,
    function: async ({ order }) => ({ order, refunded: true }),
  },
}

/** A tool of the gateway itself, which runs once a person has allowed it. */
export const refundParcel: RegisteredTool = {
  name: 'refund_parcel',
  description: 'Refunds what a customer paid for a parcel.',
  inputSchema: oneText('parcel'),
  execute: ({ parcel }) => ({ parcel: parcel ?? null, refunded: true }),
}

/** A tool of the gateway itself that anybody may call. */
export const lookUpParcel: RegisteredTool = {
  name: 'look_up_parcel',
  description: 'Looks up where a parcel is.',
  inputSchema: oneText('parcel'),
  execute: ({ parcel }) => ({ parcel: parcel ?? null, place: 'lost by Snail Mail' }),
}
