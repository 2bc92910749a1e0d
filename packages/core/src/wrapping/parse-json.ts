/** What a JSON text says; anything else as it is. */
export function parseJson(text: any): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return text
  }
}
