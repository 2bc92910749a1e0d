import { defaultContext } from '#default-context'

import type { Gateway } from '@pincer/protocol'
import { PincerError } from '@pincer/protocol/errors'

import { nameOf } from './action-names.ts'
import { createCapture } from './capture.ts'
import type { Claw, Placement } from './claw.ts'
import { isAbort } from './error-info.ts'
import { createIds } from './id.ts'
import { createLazyGuardGate } from './lazy-guard-gate.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { ModelCall } from './model-call.ts'
import { createOpenHandles } from './open-handles.ts'
import { type ClientOptions, resolveOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import type { Parent } from './parent.ts'
import { createRecorder } from './recorder.ts'
import { readField } from './read-field.ts'
import { compileRedaction } from './redaction.ts'
import { Retrieval } from './retrieval.ts'
import { Run, type RunOptions } from './run.ts'
import type { Services } from './services.ts'
import { ToolCall } from './tool-call.ts'

const defaultFlushMs = 10_000
// Compilers that lower `await using` look for this symbol where the runtime has none.
const asyncDispose: typeof Symbol.asyncDispose = (Symbol.asyncDispose ??
  Symbol.for('Symbol.asyncDispose')) as typeof Symbol.asyncDispose

/**
 * Makes a client on a gateway.
 *
 * @throws PincerError with code `invalid_option` naming the option at fault
 * @example
 * const claw = createClient({ gateway: localGateway() })
 * const run = claw.startRun({ name: 'nightly report' })
 * run.end({ output: 'done' })
 * await claw.close()
 */
export function createClient<G extends Gateway>(options: ClientOptions<G>): Claw<G> {
  const settings = resolveOptions(options)
  const { gateway } = options
  const { clock, random, report } = settings
  const newId = createIds()
  const capture = createCapture(compileRedaction(options.redact), settings)
  const store = options.outbox?.store ?? createMemoryOutbox(settings.outbox)
  const outbox = createOutbox({ ...settings, store, onDrop: options.onDrop })
  const openHandles = createOpenHandles(settings)
  const guardGate = createLazyGuardGate(settings, capture)
  const context = options.context === false ? undefined : (options.context ?? defaultContext())
  let closing: Promise<void> | undefined

  const services: Services = {
    ...settings,
    capture,
    record: createRecorder(clock, capture, newId, outbox.add),
    openHandles,
    context,
    guardGate,
    newId: () => newId(clock.now()),
    samples,
    Run,
    ModelCall,
    ToolCall,
    Retrieval,
    agentId: options.agentId,
    sessionKey: options.sessionKey,
  }

  function samples(run: RunOptions): boolean {
    const { sample } = options
    if (sample === undefined) return true
    if (typeof sample === 'number') return random() < sample
    try {
      return sample(run as { name?: string; sessionKey?: string })
    } catch (error) {
      report(error, 'sample')
      return true
    }
  }

  const current = (): Parent | undefined => context?.current()

  function startRun(options?: RunOptions): Run {
    const run = options ?? {}
    const parent = run.parent ?? (run.parentRunId === undefined ? current() : undefined)
    return new Run(services, parent, run)
  }

  // Recording never throws into the host: what is missing is completed, and told, where the action is made.
  const parentFor = (placement: Placement | undefined, name: unknown): Parent =>
    placement?.parent ??
    current() ??
    new Run(services, undefined, { name: placement?.runName ?? nameOf(name) }, true)

  async function close(timeoutMs: number): Promise<void> {
    openHandles.close()
    await outbox.close(timeoutMs)
    await gateway.close()
  }

  return {
    gateway,
    current,
    startRun,
    async run(about, work) {
      if (typeof work !== 'function')
        throw new PincerError(
          'invalid_option',
          'run: call it with options and work, run({ name }, async () => …)',
        )
      const run = startRun(about)
      try {
        const output = await run.within(() => work(run))
        if (!run.ended) run.end({ output })
        return output
      } catch (error) {
        if (isAbort(error)) run.cancel()
        else run.fail(error)
        throw error
      }
    },
    startModelCall: (call) => parentFor(call, readField(call, 'model')).startModelCall(call),
    startToolCall: (call) => parentFor(call, readField(call, 'name')).startToolCall(call),
    startRetrieval: (retrieval) =>
      parentFor(retrieval, readField(retrieval, 'name')).startRetrieval(retrieval),
    guard(action, options) {
      const { run } = action.parent ?? current() ?? {}
      return guardGate.authorize({ ...action, run, input: action.input }, options)
    },
    agents: (agentId) => ({
      run: async (request) => (await import('./run-agent.ts')).runAgent(gateway, agentId, request),
    }),
    report,
    flush: ({ timeoutMs = defaultFlushMs } = {}) => outbox.flush(timeoutMs),
    close: ({ timeoutMs = defaultFlushMs } = {}) => (closing ??= close(timeoutMs)),
    [asyncDispose]: () => (closing ??= close(defaultFlushMs)),
    stats() {
      const { events, bytes, oldestTs = Infinity } = store.size()
      return {
        queued: events,
        queuedBytes: bytes,
        oldestAgeMs: Math.max(0, clock.now() - oldestTs),
        ...outbox.counts,
        open: openHandles.size,
        lateEnds: openHandles.lateEnds,
      }
    },
    deadLetters: () => store.deadLetters(),
  }
}
