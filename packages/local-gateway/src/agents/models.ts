import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { GatewayError, type Models } from '@pincer/protocol'
import { z } from 'zod'
import { demoModelFetch } from '../demo-model/demo-model-fetch.ts'
import type { UpstreamModel } from '../options.ts'

/** A model that the loop can call. */
export interface OpenModel {
  readonly model: ReturnType<ReturnType<typeof createOpenAICompatible>['chatModel']>
  readonly provider: string
  readonly name: string
}

/** A model that turns texts into vectors. */
export interface OpenEmbedder {
  readonly model: ReturnType<ReturnType<typeof createOpenAICompatible>['embeddingModel']>
  readonly provider: string
  readonly name: string
}

/** The models of a gateway: the port of protocol, and the door of its own agents. */
export interface LocalModels extends Models {
  /**
   * Opens a model by name; the upstream's default where none is given.
   *
   * @throws GatewayError `no_model` where nobody named a model and the upstream lists none.
   */
  open(name: string | undefined): Promise<OpenModel>
  /**
   * Opens a model for embeddings by name; without one, that of the demo model or a small one of OpenAI.
   *
   * @throws GatewayError `no_model` where nobody named one and the upstream is another.
   */
  openEmbedder(name: string | undefined): OpenEmbedder
}

const openAiBaseUrl = 'https://api.openai.com/v1'
const openAiModel = 'gpt-5-mini'
const demoBaseUrl = 'http://demo.invalid/demo/v1'
const openAiEmbedder = 'text-embedding-3-small'
const demoModel = 'pincer-demo'
const demoEmbedder = 'pincer-demo-embedding'
const listTimeoutMs = 10_000
const listing = z.object({ data: z.array(z.object({ id: z.string() })).max(10_000) })

/**
 * Opens the upstream of the agents: the one given, else the one of `OPENAI_BASE_URL` / `OPENAI_API_KEY`, else the scripted demo model.
 *
 * The model is the upstream's `name`, else `OPENAI_MODEL`, else a small one of OpenAI, else the first that the upstream lists.
 */
export function createModels(
  upstream: UpstreamModel | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): LocalModels {
  const {
    OPENAI_BASE_URL: urlOfEnvironment,
    OPENAI_API_KEY: keyOfEnvironment,
    OPENAI_MODEL: nameOfEnvironment,
  } = environment
  const isDemo = upstream === undefined && !urlOfEnvironment && !keyOfEnvironment
  const baseUrl = (isDemo ? demoBaseUrl : (upstream?.baseUrl ?? urlOfEnvironment ?? openAiBaseUrl)).replace(
    /\/$/,
    '',
  )
  const apiKey = upstream === undefined ? keyOfEnvironment : upstream.apiKey
  const isOpenAi = new URL(baseUrl).hostname === 'api.openai.com'
  const provider = isDemo ? 'demo' : isOpenAi ? 'openai' : new URL(baseUrl).hostname
  const call: typeof fetch = isDemo
    ? (input, init) => demoModelFetch(new Request(input, init))
    : (input, init) => fetch(input, init)
  const open = createOpenAICompatible({
    name: provider,
    baseURL: baseUrl,
    includeUsage: true,
    fetch: call,
    ...(apiKey === undefined ? {} : { apiKey }),
  })
  let defaultName: string | undefined = isDemo
    ? demoModel
    : (upstream?.name ??
      (upstream === undefined ? nameOfEnvironment : undefined) ??
      (isOpenAi ? openAiModel : undefined))

  async function listNames(signal?: AbortSignal): Promise<readonly string[]> {
    const timeout = AbortSignal.timeout(listTimeoutMs)
    try {
      const response = await call(`${baseUrl}/models`, {
        headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      })
      if (!response.ok) throw new Error(`it answered ${response.status}`)
      return listing.parse(await response.json()).data.map(({ id }) => id)
    } catch (cause) {
      signal?.throwIfAborted()
      throw new GatewayError(
        `the models of "${provider}" could not be listed; is the upstream of the agents running?`,
        {
          status: 503,
          gatewayCode: 'upstream_unavailable',
          retryable: true,
          cause,
        },
      )
    }
  }

  return {
    list: async ({ signal } = {}) => {
      signal?.throwIfAborted()
      return (await listNames(signal)).map((id) => ({ id, provider }))
    },
    open: async (asked) => {
      const name = asked ?? (defaultName ??= (await listNames())[0])
      if (name !== undefined) return { model: open.chatModel(name), provider, name }
      throw new GatewayError(
        'nobody said which model to use; set `model.name`, OPENAI_MODEL or the model of the agent',
        {
          status: 503,
          gatewayCode: 'no_model',
        },
      )
    },
    openEmbedder: (asked) => {
      const name = asked ?? (isDemo ? demoEmbedder : isOpenAi ? openAiEmbedder : undefined)
      if (name !== undefined) return { model: open.embeddingModel(name), provider, name }
      throw new GatewayError(
        `nobody said which model of "${provider}" makes the vectors; name it as \`model\` of the request`,
        { status: 400, gatewayCode: 'no_model' },
      )
    },
  }
}
