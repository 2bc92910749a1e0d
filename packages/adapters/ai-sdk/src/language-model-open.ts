import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import type { GatewayRun } from '@pincer/protocol'

import { toCallError } from './language-model-error.ts'
import { findLeftRun, findPausedRun, type PausedRun } from './language-model-pause.ts'
import { type Callee, type PreparedRequest, toRunRequest } from './language-model-request.ts'
import { leaveRun, resumeRun } from './language-model-resume.ts'
import { settingWarnings } from './language-model-warnings.ts'
import type { ApprovalMode, PincerOptions } from './provider-options.ts'
import { RunEvents } from './stream-events.ts'
import { RunParts } from './stream-parts.ts'

/** What a call is answered with besides what it says itself. */
export interface CallSettings {
  readonly callee: Callee
  readonly pincer: PincerOptions
  readonly approvals: ApprovalMode
  readonly maxFileBytes: number
  /** Whether the answer is streamed, part by part. */
  readonly isStream: boolean
}

/** A call that a run answers. */
export interface OpenCall {
  readonly parts: RunParts
  /** What the gateway was asked. */
  readonly body: object
  /** Cancels the run, where it has not ended. */
  readonly stop: (reason: unknown) => void
}

/**
 * Starts the run of a call, or goes on with the one that the prompt answers a question of.
 *
 * @throws APICallError where the gateway says that nothing came of it and that it may be tried again; what else it says as it is;
 * the signal's reason
 */
export async function openCall(
  settings: CallSettings,
  options: LanguageModelV4CallOptions,
): Promise<OpenCall> {
  const { abortSignal } = options
  const { gateway, agent } = settings.callee
  const paused = findPausedRun(options.prompt)
  // An aborted call cancels its run, however far it had come.
  const giveUp = (): void => {
    if (abortSignal?.aborted !== true) return
    if (paused !== undefined)
      void leaveRun(gateway, paused, settings.pincer.sessionKey, { reason: 'the caller gave it up' })
    abortSignal.throwIfAborted()
  }
  giveUp()
  const stop = new AbortController()
  const abort = (): void => stop.abort(abortSignal?.reason)
  abortSignal?.addEventListener('abort', abort, { once: true })
  const forget = (): void => abortSignal?.removeEventListener('abort', abort)
  try {
    const opened =
      paused === undefined
        ? await start(settings, options, stop)
        : await goOn(settings, options, paused, stop)
    opened.events.onLeave(forget)
    // A gateway may have answered all the same.
    stop.signal.throwIfAborted()
    const { parts, body } = opened
    // A run that is paused goes on being there for whoever answers.
    return { parts, body, stop: (reason) => parts.isOver || stop.abort(reason) }
  } catch (error) {
    forget()
    // However the gateway put it, it was the caller who stopped it.
    giveUp()
    throw toCallError(error, gateway.name, agent)
  }
}

type Opened = Pick<OpenCall, 'parts' | 'body'> & { readonly events: RunEvents }

async function start(
  settings: CallSettings,
  options: LanguageModelV4CallOptions,
  stop: AbortController,
): Promise<Opened> {
  const { callee, pincer } = settings
  const { gateway, runner } = callee
  const left = findLeftRun(options.prompt)
  const prepared = await toRunRequest(callee, options, pincer)
  const wasLeft =
    left !== undefined &&
    (await leaveRun(gateway, left, pincer.sessionKey, {
      reason: 'the conversation went on without an answer',
      signal: options.abortSignal,
    }))
  const warnings = wasLeft ? [...prepared.warnings, leftWarning(left)] : prepared.warnings
  stop.signal.throwIfAborted()
  const run = await runner.run({ ...prepared.request, signal: stop.signal })
  const events = open(settings, run, stop, { runner, isStarted: true })
  return { ...partsOf(settings, options, { ...prepared, warnings }, events), body: prepared.request, events }
}

async function goOn(
  settings: CallSettings,
  options: LanguageModelV4CallOptions,
  paused: PausedRun,
  stop: AbortController,
): Promise<Opened> {
  const { callee, pincer } = settings
  const { gateway } = callee
  const { runId, told, calls, texts, answers } = paused
  const { run, runner, settled } = await resumeRun(gateway, paused, pincer.sessionKey, options.abortSignal)
  const warnings = resumeWarnings(settings, options, paused)
  const events = open(settings, run, stop, { runner, isStarted: false, told })
  const { toolChoice, responseFormat } = options
  const prepared = {
    warnings,
    json: responseFormat?.type === 'json' ? ('any' as const) : undefined,
    tellsTools: toolChoice?.type !== 'none',
  }
  return {
    ...partsOf(settings, options, prepared, events, { calls, texts, settled }),
    body: { runId, answers },
    events,
  }
}

function open(
  { callee: { agent }, pincer }: CallSettings,
  run: GatewayRun,
  { signal: stop }: AbortController,
  more: Pick<ConstructorParameters<typeof RunEvents>[0], 'runner' | 'isStarted' | 'told'>,
): RunEvents {
  const sessionKey = pincer.sessionKey ?? run.sessionKey
  return new RunEvents({ run, agent, sessionKey, stop, ...more })
}

function partsOf(
  { callee: { gateway, agent }, pincer, approvals, maxFileBytes, isStream }: CallSettings,
  { includeRawChunks = false }: LanguageModelV4CallOptions,
  { warnings, json, tellsTools }: Pick<PreparedRequest, 'warnings' | 'json' | 'tellsTools'>,
  events: RunEvents,
  earlier?: ConstructorParameters<typeof RunParts>[0]['earlier'],
): Pick<OpenCall, 'parts'> {
  const sessionKey = pincer.sessionKey ?? events.run.sessionKey
  return {
    parts: new RunParts({
      gateway,
      events,
      agent,
      sessionKey,
      approvals,
      maxFileBytes,
      warnings,
      json,
      tellsTools,
      includeRawChunks,
      earlier,
      retellsCalls: !isStream,
    }),
  }
}

function resumeWarnings(
  { callee: { gateway, runner }, pincer }: CallSettings,
  options: LanguageModelV4CallOptions,
  { runId, answers }: PausedRun,
): SharedV4Warning[] {
  const warnings = settingWarnings(options, pincer, new Set(runner.takes), gateway.name)
  if (answers.length > 0) return warnings
  const message = `the run ${runId} waits for a person, and the messages bring no answer; the AI SDK hands a tool-approval-response on only with providerExecuted: true`
  return [...warnings, { type: 'other', message }]
}

function leftWarning({ runId }: PausedRun): SharedV4Warning {
  return {
    type: 'other',
    message: `the run ${runId} waited for an answer to a question; the conversation went on without one, so that it was cancelled`,
  }
}
