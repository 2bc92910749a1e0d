import type { ErrorInfo } from '@pincer/protocol'

const maxLength = 8000

/** Makes the error of a run from the Gateway's sentence: without the sign in front of it, with the HTTP status it names. */
export function convertRunError(text: unknown, code?: unknown): ErrorInfo {
  const message =
    typeof text === 'string' && text.trim() !== ''
      ? text.replace(/^(?:\p{Extended_Pictographic}|\uFE0F|\s)+/u, '').trim()
      : 'the run failed; the Gateway told no reason'
  const status = /\bHTTP ([45]\d\d)\b/.exec(message.slice(0, 500))?.[1]
  return {
    message: message.length > maxLength ? `${message.slice(0, maxLength)}…` : message,
    ...(typeof code === 'string' && code !== '' ? { code } : {}),
    ...(status === undefined ? {} : { status: Number(status) }),
  }
}
