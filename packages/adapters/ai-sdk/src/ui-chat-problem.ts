/** An answer other than the one that was asked for; `message` is what the reader is told, and says what to do. */
export class ChatProblem extends Error {
  override readonly name: string = 'ChatProblem'
  /** HTTP status. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }

  /** As an answer: plain text, because `useChat` shows it as the message of its error. */
  toResponse(headers: Readonly<Record<string, string>> = {}): Response {
    return new Response(this.message, {
      status: this.status,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        ...headers,
      },
    })
  }
}
