import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import { type JsonObject, type JsonValue, PincerError } from '@pincer/protocol'

/** What a check found: arguments that fit, or words about why they do not. */
type CheckedInput =
  | { readonly ok: true; readonly input: JsonObject }
  | { readonly ok: false; readonly message: string }

/** Checks the arguments of a tool. */
export type InputCheck = (input: JsonValue | undefined) => CheckedInput

/**
 * Makes the check of a tool's arguments from its JSON Schema.
 *
 * @throws PincerError `invalid_option` where the schema itself is not usable.
 */
export function createInputCheck(toolName: string, inputSchema: JsonObject): InputCheck {
  // Schemas that carry the same `$id` would otherwise be taken for one another.
  const { $id: _id, ...schema } = inputSchema
  let validate: (input: unknown) => { readonly valid: boolean; readonly errorMessage?: string | undefined }
  try {
    validate = new AjvJsonSchemaValidator().getValidator(schema)
  } catch (cause) {
    throw new PincerError(
      'invalid_option',
      `the inputSchema of the tool "${toolName}" is not a usable JSON Schema: ${messageOf(cause)}`,
      { cause },
    )
  }
  return (input) => {
    const found = input ?? {}
    if (!isJsonObject(found))
      return { ok: false, message: `the arguments of "${toolName}" must be a JSON object` }
    const { valid, errorMessage } = validate(found)
    return valid
      ? { ok: true, input: found }
      : {
          ok: false,
          message: `the arguments of "${toolName}" do not fit its schema: ${errorMessage ?? 'no reason given'}`,
        }
  }
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
