import { agentMethods } from './agent-methods.ts'
import { approvalMethods } from './approval-methods.ts'
import { artifactMethods } from './artifact-methods.ts'
import { auditMethods } from './audit-methods.ts'
import { chatMethods } from './chat-methods.ts'
import { environmentMethods } from './environment-methods.ts'
import { gatewayMethods } from './gateway-methods.ts'
import type { Method } from './method.ts'
import { modelMethods } from './model-methods.ts'
import { questionMethods } from './question-methods.ts'
import { sessionMethods } from './session-methods.ts'
import { taskMethods } from './task-methods.ts'
import { toolMethods } from './tool-methods.ts'
import { usageMethods } from './usage-methods.ts'

/** Every table of methods, by category. */
export const methodTables: {
  readonly agents: typeof agentMethods
  readonly sessions: typeof sessionMethods
  readonly chat: typeof chatMethods
  readonly models: typeof modelMethods
  readonly tools: typeof toolMethods
  readonly artifacts: typeof artifactMethods
  readonly approvals: typeof approvalMethods
  readonly environments: typeof environmentMethods
  readonly tasks: typeof taskMethods
  readonly questions: typeof questionMethods
  readonly usage: typeof usageMethods
  readonly audit: typeof auditMethods
  readonly gateway: typeof gatewayMethods
} = {
  agents: agentMethods,
  sessions: sessionMethods,
  chat: chatMethods,
  models: modelMethods,
  tools: toolMethods,
  artifacts: artifactMethods,
  approvals: approvalMethods,
  environments: environmentMethods,
  tasks: taskMethods,
  questions: questionMethods,
  usage: usageMethods,
  audit: auditMethods,
  gateway: gatewayMethods,
}

type Tables = typeof methodTables
type Rows = { [Category in keyof Tables]: Tables[Category][keyof Tables[Category]] }[keyof Tables]

/** The name of a method that a table has, such as `agents.list`. */
export type RpcName = Rows['rpc']

type RowOf<Rpc extends string> = Extract<Rows, { readonly rpc: Rpc }>

/** What a method takes; anything where no table has it. */
export type RpcParams<Rpc extends string> = Rpc extends RpcName
  ? RowOf<Rpc> extends Method<infer Params, unknown>
    ? Params
    : unknown
  : unknown

/** What a method answers; not known where no table has it. */
export type RpcResult<Rpc extends string> = Rpc extends RpcName
  ? RowOf<Rpc> extends Method<unknown, infer Result>
    ? Result
    : unknown
  : unknown
