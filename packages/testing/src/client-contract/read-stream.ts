import type { ClientPromise, ClientSubject } from './subject.ts'

/** Reads a stream of the client to its end; `seen` is told of every piece of its text. */
export async function readStream<Client extends object>(
  subject: ClientSubject<Client>,
  promise: ClientPromise,
  seen: (piece: string) => void = () => {},
): Promise<string> {
  let text = ''
  for await (const event of (await promise) as AsyncIterable<unknown>) {
    const piece = subject.pieceOf(event)
    text += piece
    if (piece !== '') seen(piece)
  }
  return text
}
