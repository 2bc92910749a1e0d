import { convertContent, convertMessages, convertValue, isMessage } from './convert-message.ts'

/** Converts the arguments of a tool, which LangChain hands over as JSON. */
export function convertToolInput(input: any): unknown {
  if (typeof input !== 'string') return input
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}

/** Tells what a tool says went wrong, where it answers with an error instead of throwing one. */
export function convertToolError(output: any): { readonly message: string } | undefined {
  if (output?.status !== 'error' || !isMessage(output)) return undefined
  const content = convertContent(output.content)
  return { message: typeof content === 'string' ? content : JSON.stringify(content) }
}

/** Converts what a tool gives back. */
export function convertToolOutput(output: any): unknown {
  if (!isMessage(output)) return convertValue(output)
  const content = convertContent(output.content)
  return output.artifact === undefined ? content : { content, artifact: convertMessages(output.artifact) }
}

/** Converts a piece of what a tool gives back as it runs. */
export function convertToolPiece(piece: any): string {
  return typeof piece === 'string' ? piece : (JSON.stringify(piece) ?? String(piece))
}
