const frame = /\n[ \t]+at [^\n]*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))(?=\n|$)/g
const quotedPath = /(['"`])((?:[A-Za-z]:[\\/]|\\\\|~?\/)[^'"`\n]*[\\/][^'"`\n]*)\1/g
const fileUrl = /\bfile:\/\/[^\s'"`)<>]+/g
const windowsPath = /(?:\b[A-Za-z]:[\\/]|\\\\[\w.$-]+\\)[^\s'"`)<>|,;]+/g
const posixPath = /(?<![\w:/.])~?\/(?:[\w.@+%-]+\/)+[\w.@+%-]*(?::\d+){0,2}/g
const hidden = '[path]'

/**
 * What LangChain tells the model by default of a tool that threw, without stack traces and without absolute paths of this
 * machine; a path that the model itself wrote into its arguments stays.
 */
export function tellToolError(error: unknown, args: unknown): string {
  return scrub(isInvocationError(error) ? error.message : `${say(error)}\n Please fix your mistakes.`, args)
}

/** Takes stack traces and absolute paths out of a text; paths that stand in `known` stay. */
export function scrub(text: string, known: unknown): string {
  const knownText = write(known)
  const keep = (path: string): boolean =>
    knownText.includes(path) || knownText.includes(JSON.stringify(path).slice(1, -1))
  const hide = (path: string): string => (keep(path) ? path : hidden)
  return text
    .replaceAll(frame, '')
    .replaceAll(quotedPath, (_, quote: string, path: string) => quote + hide(path) + quote)
    .replaceAll(fileUrl, hide)
    .replaceAll(windowsPath, hide)
    .replaceAll(posixPath, hide)
}

// LangChain's error for arguments that do not fit the schema, known by its fields, since every minor exports another class.
function isInvocationError(error: unknown): error is Error {
  return error instanceof Error && 'toolError' in error && 'toolCall' in error
}

function say(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'Error'
  }
}

function write(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
