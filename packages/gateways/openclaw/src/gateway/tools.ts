import { randomUUID } from 'node:crypto'
import {
  GatewayError,
  type JsonValue,
  type ToolCatalog,
  type ToolInvocation,
  type ToolResult,
} from '@pincer/protocol'
import { bindingOf } from './approval-binding.ts'
import type { ApprovalBook } from './approval-book.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { Calls } from './calls.ts'
import { confirmTool } from './confirm-tool.ts'
import type { McpTools } from './mcp-tools.ts'
import { parseToolAnswer, type ToolAnswer } from './parse-tool-answer.ts'
import type { SessionKeys } from './session-keys.ts'
import type { ToolList } from './tool-list.ts'

/** What the tools of a gateway work with. */
export interface ToolsContext {
  readonly calls: Calls
  readonly keys: SessionKeys
  readonly desk: ApprovalDesk
  readonly book: ApprovalBook
  readonly list: ToolList
  readonly mcp: McpTools | undefined
  /** Milliseconds that a tool may take. */
  readonly timeoutMs: number
}

interface ToolCall extends ToolInvocation {
  readonly name: string
  readonly args: { readonly [name: string]: JsonValue }
  readonly toolCallId: string
}

/**
 * The tools of the Gateway.
 *
 * They are called through `tools.invoke`, so that its policies and approvals hold; those that it does not offer there, over MCP. Where the
 * Gateway wants an approval, one is asked for that is bound to the call; with it, the Gateway is asked a second time and its own question is
 * answered here, which people see for a moment.
 */
export function createTools(context: ToolsContext): ToolCatalog {
  const { calls, keys, desk, book, list, mcp, timeoutMs } = context

  async function send(call: ToolCall, extra: object, signal: AbortSignal | undefined): Promise<ToolAnswer> {
    const { name, args, sessionKey, agentId } = call
    const answer = await calls.request(
      'tools.invoke',
      {
        name,
        args,
        ...(sessionKey === undefined ? {} : { sessionKey: await keys.full(sessionKey, agentId) }),
        ...(agentId === undefined || sessionKey !== undefined ? {} : { agentId }),
        ...extra,
      },
      { timeoutMs, ...(signal === undefined ? {} : { signal }) },
    )
    return parseToolAnswer(answer)
  }

  async function convert(
    call: ToolCall,
    answer: ToolAnswer,
    signal: AbortSignal | undefined,
  ): Promise<ToolResult> {
    const { toolCallId } = call
    switch (answer.status) {
      case 'ok':
        return { status: 'ok', toolCallId, output: answer.output }
      case 'blocked':
        return { status: 'blocked', toolCallId, reason: answer.message }
      case 'error':
        return { status: 'error', toolCallId, error: { message: answer.message, code: answer.code } }
      case 'requires_approval':
        return await ask(call, answer.message, signal)
      case 'not_found':
        return await callOverMcp(call, signal)
    }
  }

  async function ask(call: ToolCall, reason: string, signal: AbortSignal | undefined): Promise<ToolResult> {
    const approval = await desk.ask(questionOf(call), reason, signal)
    const { toolCallId } = call
    if (approval.status === 'denied') {
      return { status: 'blocked', toolCallId, reason: approval.decisionReason ?? 'a person denied this call' }
    }
    return { status: 'approval_required', toolCallId, approvalId: approval.approvalId, reason }
  }

  async function invokeApproved(
    call: ToolCall,
    approvalId: string,
    signal: AbortSignal | undefined,
  ): Promise<ToolResult> {
    const { toolCallId } = call
    const blocked = (reason: string): ToolResult => ({ status: 'blocked', toolCallId, reason })
    const entry = book.get(approvalId)
    if (entry?.asked?.binding !== bindingOf(questionOf(call))) {
      return blocked(
        `the approval ${approvalId} was not asked for by this client for this call and its arguments`,
      )
    }
    const found = await desk.find(approvalId, { signal })
    const status = found?.approval.status ?? 'cancelled'
    if (status === 'pending') return { status: 'approval_required', toolCallId, approvalId }
    if (status !== 'approved') {
      return blocked(found?.approval.decisionReason ?? `the approval of this call was ${status}`)
    }
    if (entry.usedBy !== undefined)
      return blocked(`the approval ${approvalId} was used; it holds for one call`)
    const claim = randomUUID()
    book.claim(approvalId, claim)
    const answer = await confirmTool(calls, call.name, (extra) => send(call, extra, signal))
    if (answer.status !== 'requires_approval') return await convert(call, answer, signal)
    // The Gateway did not call it, so that the approval still holds.
    book.release(approvalId, claim)
    return blocked(
      /no approval route/i.test(answer.message)
        ? `${answer.message}; a client that may answer approvals has to be connected to the Gateway while the tool is called`
        : answer.message,
    )
  }

  async function callOverMcp(call: ToolCall, signal: AbortSignal | undefined): Promise<ToolResult> {
    const { name, args, toolCallId, sessionKey, agentId } = call
    const isListed = mcp !== undefined && (await list.get(signal)).some((tool) => tool.name === name)
    const result = isListed
      ? await mcp.call(name, args, {
          sessionKey: sessionKey === undefined ? undefined : await keys.full(sessionKey, agentId),
          timeoutMs,
          signal: calls.until(signal),
        })
      : undefined
    if (result === undefined || result.status === 'not_found') {
      throw new GatewayError(
        `the Gateway has no tool ${JSON.stringify(name)}, or its policies hide it; see tools.list()`,
        { status: 404, gatewayCode: 'tool_not_found' },
      )
    }
    return result.status === 'ok'
      ? { status: 'ok', toolCallId, output: result.output }
      : { status: 'error', toolCallId, error: { message: result.message } }
  }

  return {
    async list({ signal } = {}) {
      calls.check(signal)
      return await list.get(signal)
    },
    async invoke(name, invocation, { signal } = {}) {
      calls.check(signal)
      const { input = {}, toolCallId = randomUUID(), approvalId } = invocation
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        const message = 'the arguments of a tool of OpenClaw are an object; pass one as `input`'
        return { status: 'error', toolCallId, error: { message, code: 'invalid_input' } }
      }
      // What is asked about is what is sent, whatever becomes of the caller's object in between.
      const args = copyFields(input)
      const call: ToolCall = {
        ...invocation,
        ...(invocation.input === undefined ? {} : { input: args }),
        name,
        args,
        toolCallId,
      }
      return approvalId === undefined
        ? await convert(call, await send(call, { confirm: false }, signal), signal)
        : await invokeApproved(call, approvalId, signal)
    },
  }
}

function questionOf({
  name,
  input,
  toolCallId,
  runId,
  agentId,
  sessionKey,
}: ToolCall): Parameters<ApprovalDesk['ask']>[0] {
  return {
    kind: 'tool_call',
    name,
    toolCallId,
    ...(input === undefined ? {} : { input }),
    ...(runId === undefined ? {} : { runId }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(sessionKey === undefined ? {} : { sessionKey }),
  }
}

function copyFields(input: object): { readonly [name: string]: JsonValue } {
  return JSON.parse(JSON.stringify(input))
}
