import { createSpeech, createTranscription } from './audio.ts'
import { createChatCompletion } from './chat-completions.ts'
import { createCompletion } from './completions.ts'
import type { DemoContext } from './demo-context.ts'
import { DemoError } from './demo-error.ts'
import { demoModels, describeDemoModel } from './demo-models.ts'
import { createEmbeddings } from './embeddings.ts'
import { createImage, editImage } from './images.ts'
import { createMessageThreads } from './message-threads.ts'
import { countMessageTokens, createMessage } from './messages.ts'
import { createModeration } from './moderations.ts'
import { createResponseShelf } from './response-shelf.ts'
import { cancelResponse, createResponse, deleteResponse, getResponse } from './responses.ts'

/** The scripted demo model behind the fetch signature. */
export interface DemoModel {
  /** Answers one request of the OpenAI API, or of Anthropic's Messages API; whatever stands before the API's own path is ignored. */
  fetch(request: Request): Promise<Response>
}

/** What the demo model takes from outside. */
export interface DemoModelOptions {
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: () => number
  /** Makes an id unique; `crypto.randomUUID` by default. */
  readonly uniqueId?: () => string
}

type Endpoint = (request: Request, context: DemoContext, id: string) => Response | Promise<Response>

/**
 * Makes a scripted model behind the OpenAI and the Anthropic API that needs no network and no key: the same conversation gets the same
 * answer, and marks such as `[[tool:NAME {}]]` in the user's text steer it.
 */
export function createDemoModel(options: DemoModelOptions = {}): DemoModel {
  const { now = Date.now, uniqueId = () => crypto.randomUUID() } = options
  const shelf = createResponseShelf()
  const threads = createMessageThreads()
  const newId = (prefix: string): string => prefix + uniqueId().replaceAll('-', '')
  const endpoints: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint])[] = [
    ['GET', /\/models$/, (_, context) => listModels(context)],
    ['GET', /\/models\/([^/]+)$/, (_, context, id) => getModel(id, context)],
    ['POST', /\/chat\/completions$/, createChatCompletion],
    ['POST', /\/responses$/, (request, context) => createResponse(request, shelf, context)],
    ['GET', /\/responses\/([^/]+)$/, (_, context, id) => getResponse(id, shelf, context)],
    ['DELETE', /\/responses\/([^/]+)$/, (_, context, id) => deleteResponse(id, shelf, context)],
    ['POST', /\/responses\/([^/]+)\/cancel$/, (_, context, id) => cancelResponse(id, shelf, context)],
    ['POST', /\/messages$/, (request, context) => createMessage(request, threads, context)],
    ['POST', /\/messages\/count_tokens$/, countMessageTokens],
    ['POST', /\/completions$/, createCompletion],
    ['POST', /\/embeddings$/, createEmbeddings],
    ['POST', /\/moderations$/, createModeration],
    ['POST', /\/images\/generations$/, createImage],
    ['POST', /\/images\/edits$/, editImage],
    ['POST', /\/audio\/speech$/, createSpeech],
    ['POST', /\/audio\/(?:transcriptions|translations)$/, createTranscription],
  ]
  return {
    async fetch(request) {
      const attempt = Number(request.headers.get('x-stainless-retry-count') ?? 0)
      const headers = { 'x-request-id': newId('req_demo_'), 'openai-version': '2020-10-01' }
      const { signal } = request
      const context: DemoContext = {
        now,
        newId,
        attempt: Number.isFinite(attempt) ? attempt : 0,
        signal,
        headers,
      }
      const { pathname } = new URL(request.url)
      try {
        for (const [method, path, endpoint] of endpoints) {
          const match = method === request.method ? path.exec(pathname) : null
          if (match !== null) return await endpoint(request, context, match[1] ?? '')
        }
        throw new DemoError(
          404,
          `The demo model has no ${request.method} ${pathname}; see GET /models.`,
          'unknown_url',
        )
      } catch (error) {
        if (error instanceof DemoError) return error.response(headers)
        // Nobody reads the answer of a caller that is gone.
        if (signal.aborted) return new Response(null, { status: 499 })
        return new DemoError(500, 'The demo model failed; this is a defect of it.', 'demo_defect').response(
          headers,
        )
      }
    },
  }
}

function listModels(context: DemoContext): Response {
  return Response.json(
    { object: 'list', data: demoModels.map(describeDemoModel) },
    { headers: context.headers },
  )
}

function getModel(id: string, context: DemoContext): Response {
  const entry = demoModels.find((known) => known.id === id)
  if (entry !== undefined) return Response.json(describeDemoModel(entry), { headers: context.headers })
  throw new DemoError(
    404,
    `The model "${id}" does not exist here; see GET /models.`,
    'model_not_found',
    'model',
  )
}
