import { LoadSettingError, NoSuchModelError, type ProviderV4 } from '@ai-sdk/provider'
import { describeValue, PincerError } from '@pincer/protocol'

import { embeddingsOf, PincerEmbeddingModel, type PincerEmbeddingOptions } from './embedding-model.ts'
import { PincerLanguageModel } from './language-model.ts'
import {
  checkSettings,
  defaultName,
  type KnownSettings,
  type PincerProviderSettings,
} from './pincer-settings.ts'
import { checkPincerOptions, type PincerOptions } from './provider-options.ts'

/** The agents of a gateway as models of the AI SDK: `pincer('main')` is the agent `main`. */
export interface PincerProvider extends ProviderV4 {
  /**
   * The agent as a language model; `options` hold for each of its calls that has none of its own.
   *
   * @throws PincerError with code `invalid_option`
   */
  (agentId: string, options?: PincerOptions): PincerLanguageModel
  languageModel(agentId: string, options?: PincerOptions): PincerLanguageModel
  /** The same as `languageModel`. */
  chat(agentId: string, options?: PincerOptions): PincerLanguageModel
  /**
   * A model that turns texts into vectors; `default` leaves the choice to the gateway.
   *
   * @throws NoSuchModelError where the gateway makes none
   */
  embeddingModel(modelId: string, options?: PincerEmbeddingOptions): PincerEmbeddingModel
  /** @throws NoSuchModelError, for gateways make no images */
  imageModel(modelId: string): never
}

/** The default provider, which is told its gateway by `use`. */
export interface DefaultPincerProvider extends PincerProvider {
  /**
   * Says which gateway the models talk to from now on, those that were made before included.
   *
   * @throws PincerError with code `invalid_option`
   */
  use(settings: PincerProviderSettings): void
}

/**
 * Makes the agents of a gateway models of the AI SDK.
 *
 * @throws PincerError with code `invalid_option` naming what is wrong
 * @example
 * const pincer = createPincer({ gateway: localGateway() })
 * const { text } = await generateText({ model: pincer('main'), prompt: 'What is new?' })
 */
export function createPincer(settings: PincerProviderSettings): PincerProvider {
  const known = checkSettings('createPincer()', settings)
  return provide(known.name, () => known, known)
}

/**
 * The default provider. It needs no gateway to be imported: say which by `pincer.use({ gateway })` before the first call.
 *
 * Its calls throw LoadSettingError until then.
 *
 * @example
 * pincer.use({ gateway: openclaw() })
 * const { text } = await generateText({ model: pincer('main'), prompt: 'What is new?' })
 */
export const pincer: DefaultPincerProvider = /* @__PURE__ */ provideDefault()

function provideDefault(): DefaultPincerProvider {
  let used: KnownSettings | undefined
  const source = (): KnownSettings => {
    if (used !== undefined) return used
    throw new LoadSettingError({
      message:
        'pincer has no gateway yet. Say which by pincer.use({ gateway }) before the first call, or make a provider of your own by createPincer({ gateway }).',
    })
  }
  return Object.assign(provide(defaultName, source, undefined), {
    use(settings: PincerProviderSettings): void {
      used = checkSettings('pincer.use()', settings)
    },
  })
}

/** @param known the settings, where they are known before the first call */
function provide(
  name: string,
  source: () => KnownSettings,
  known: KnownSettings | undefined,
): PincerProvider {
  const languageModel = (agentId: string, options: PincerOptions = {}): PincerLanguageModel => {
    checkId(`${name}()`, 'the id of an agent', agentId)
    return new PincerLanguageModel(agentId, {
      name,
      source,
      options: checkPincerOptions(`${name}()`, options),
    })
  }
  const embeddingModel = (modelId: string, options: PincerEmbeddingOptions = {}): PincerEmbeddingModel => {
    checkId(`${name}.embeddingModel()`, 'the name of an embedding model', modelId)
    // Where the gateway is not known yet, the first call tells.
    if (known !== undefined) embeddingsOf(known.gateway, modelId)
    return new PincerEmbeddingModel(modelId, name, () => source().gateway, options)
  }
  const imageModel = (modelId: string): never => {
    throw new NoSuchModelError({ modelId, modelType: 'imageModel' })
  }
  // An arrow function would take no `new` either, but would not say so.
  const callable = function (agentId: string, options?: PincerOptions): PincerLanguageModel {
    if (new.target !== undefined)
      throw new PincerError('invalid_option', `${name} is no class; call it without \`new\``)
    return languageModel(agentId, options)
  }
  return Object.assign(callable, {
    specificationVersion: 'v4' as const,
    languageModel,
    chat: languageModel,
    embeddingModel,
    imageModel,
  })
}

function checkId(what: string, expected: string, id: unknown): void {
  if (typeof id !== 'string' || id === '')
    throw new PincerError('invalid_option', `${what}: expected ${expected}, found ${describeValue(id)}`)
}
