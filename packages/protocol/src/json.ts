/** Any value that survives a JSON round trip. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** A JSON object; a field that holds `undefined` is left out on the wire. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}
