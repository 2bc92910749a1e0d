import type { Download } from './api-request.ts'

/** Makes a file out of an answer: its name is a plain name, whatever the server says. */
export function parseDownload(headers: Headers, data: Uint8Array): Download {
  return {
    data,
    filename: readFilename(headers.get('content-disposition') ?? ''),
    mime_type: (headers.get('content-type') ?? 'application/octet-stream').split(';', 1)[0]?.trim() ?? '',
  }
}

function readFilename(disposition: string): string {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  const quoted = /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]?.replaceAll(/\\(.)/g, '$1')
  const bare = /filename=([^;"]+)/i.exec(disposition)?.[1]
  const name = (encoded === undefined ? undefined : decode(encoded)) ?? quoted ?? bare ?? ''
  // Callers write files under this name: no way out of their folder.
  const plain = name.replaceAll(/^.*[\\/]|\p{Cc}/gu, '').trim()
  return /^\.*$/.test(plain) ? '' : plain.slice(0, 255)
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    return undefined
  }
}
