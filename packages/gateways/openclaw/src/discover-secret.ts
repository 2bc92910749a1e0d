import { PincerError } from '@pincer/protocol'
import { isRecord } from './connection/wire-error.ts'

/**
 * Reads a secret of OpenClaw's configuration: a text, in which `${NAME}` stands for a variable, or a reference to one.
 *
 * @param place - Where it stands, for the message.
 * @returns `undefined` where none is configured.
 * @throws PincerError `invalid_option` where its variable is not set, or it is kept where only OpenClaw can read it.
 */
export function readSecret(
  place: string,
  found: unknown,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (found === undefined || found === null || found === '') return undefined
  if (typeof found === 'string') {
    return found.replaceAll(/\$?\$\{([A-Z_][A-Z0-9_]*)\}/g, (text, name: string) =>
      // Two dollars stand for the text itself.
      text.startsWith('$$') ? text.slice(1) : readVariable(place, name, env),
    )
  }
  if (isRecord(found) && found['source'] === 'env' && typeof found['id'] === 'string') {
    return readVariable(place, found['id'], env)
  }
  throw new PincerError(
    'invalid_option',
    `${place}: is kept where only OpenClaw can read it; set OPENCLAW_GATEWAY_TOKEN, or pass \`token\``,
  )
}

function readVariable(
  place: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  throw new PincerError(
    'invalid_option',
    `${place}: refers to the variable ${name.slice(0, 128)}, which is not set; set it, or pass \`token\``,
  )
}
