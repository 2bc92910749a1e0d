import { parseJson } from '@pincer/core/loops'
import type { BodyTap } from '@pincer/core/wrapping'

import type { BatchReport } from './batch-report.ts'

const maxLineLength = 16 * 1024 * 1024

/** Makes a response that reads like the given one, and reports the lines of a batch's result file as they are read. */
export function tapResults(
  { tapBody, withBody }: BodyTap,
  response: Response,
  report: BatchReport,
): Response {
  if (!response.ok || !response.body) return response
  const decoder = new TextDecoder()
  let rest = ''
  const take = (text: string): void => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    // What is longer than any answer is no line of a result file.
    if (rest.length > maxLineLength) rest = ''
    for (const line of lines) report.add(parseJson(line))
  }
  const body = tapBody(response.body, {
    piece(bytes) {
      take(decoder.decode(bytes, { stream: true }))
      return bytes
    },
    end() {
      take(`${decoder.decode()}\n`)
      report.end()
      return new Uint8Array()
    },
    stop: () => report.stop(),
    fail: (error) => report.fail(error),
  })
  return withBody(response, body)
}
