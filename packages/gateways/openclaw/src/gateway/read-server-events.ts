import type { IncomingMessage } from 'node:http'

const longestLine = 32 * 1024 * 1024
const longestAnswer = 256 * 1024 * 1024

/**
 * The data of every server-sent event of a response.
 *
 * @throws Error where the response is cut short, a line is longer than 32 MB, or all of them than 256 MB.
 */
export async function* readServerEvents(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  response.setEncoding('utf8')
  let rest = ''
  let length = 0
  for await (const chunk of response) {
    const text = String(chunk)
    length += text.length
    if (length > longestAnswer) throw new Error('the answer is longer than 256 MB')
    rest += text
    if (rest.length > longestLine) throw new Error('a line of the answer is longer than 32 MB')
    // A long line is not looked through again at each of its pieces.
    if (!text.includes('\n')) continue
    const lines = rest.split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim()
  }
}
