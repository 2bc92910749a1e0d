const frame = /\n[ \t]+at [^\n]*(?::\d+:\d+\)?|\(<anonymous>\)|\(native\)|\(index \d+\))(?=\n|$)/g
const quotedPath = /(['"`])((?:[A-Za-z]:[\\/]|\\\\|~?\/)[^'"`\n]*[\\/][^'"`\n]*)\1/g
const fileUrl = /\bfile:\/\/[^\s'"`)<>]+/g
const windowsPath = /(?:\b[A-Za-z]:[\\/]|\\\\[\w.$-]+\\)[^\s'"`)<>|,;]+/g
const posixPath = /(?<![\w:/.])~?\/(?:[\w.@+%-]+\/)+[\w.@+%-]*(?::\d+){0,2}/g
const hidden = '[path]'

/** Takes stack traces and absolute paths of this machine out of a text for a model; paths that stand in `known` stay. */
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

function write(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
