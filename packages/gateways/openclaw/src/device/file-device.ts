import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PincerError } from '@pincer/protocol'
import { isRecord } from '../connection/wire-error.ts'
import type { DeviceIdentity, DeviceToken, DeviceTokenPlace, GatewayDevice } from './device.ts'
import { createDeviceIdentity, readDeviceIdentity } from './device-key.ts'
import { createPrivateFile, readPrivateFile, removePrivateFile, replacePrivateFile } from './private-file.ts'

/**
 * A device that is kept in a file: its key is made on first use, and read by every later start and process.
 *
 * The file holds the private key and may be read by its owner only (0600); the token of each Gateway stands in a file beside it.
 *
 * @param path - Where the key is kept; `~/.pincer/openclaw-device.json`.
 * @throws PincerError `invalid_option`, when it is first used, where the file is readable by others, is a link, or holds no key.
 * @example
 * ```ts
 * const oc = new OpenClaw({ url: 'wss://claw.example.com', device: fileDevice() })
 * ```
 */
export function fileDevice(path: string = join(homedir(), '.pincer', 'openclaw-device.json')): GatewayDevice {
  if (typeof path !== 'string' || path.trim() === '') {
    throw new PincerError('invalid_option', 'path: expected the path of a file for the key of this device')
  }
  let identity: DeviceIdentity | undefined

  function tokenPath({ gateway, role }: DeviceTokenPlace): string {
    const { deviceId } = known()
    const name = createHash('sha256')
      .update(JSON.stringify([deviceId, gateway, role]))
      .digest('hex')
    return `${path.replace(/\.json$/, '')}-token-${name.slice(0, 16)}.json`
  }

  function known(): DeviceIdentity {
    identity ??= readIdentity(path) ?? makeIdentity(path)
    return identity
  }

  return {
    identity: known,
    loadToken(place) {
      const file = tokenPath(place)
      const text = readPrivateFile(file)
      return text === undefined ? undefined : parseToken(text, place)
    },
    storeToken(place, token) {
      const { deviceId } = known()
      replacePrivateFile(tokenPath(place), print({ version: 1, deviceId, ...place, ...token }))
    },
    clearToken(place) {
      removePrivateFile(tokenPath(place))
    },
  }
}

function makeIdentity(path: string): DeviceIdentity {
  const made = createDeviceIdentity()
  const { deviceId, privateKeyPem } = made
  if (createPrivateFile(path, print({ version: 1, deviceId, privateKeyPem }))) return made
  // Another process was faster: all of them must be the same device.
  const found = readIdentity(path)
  if (found !== undefined) return found
  throw new PincerError('invalid_option', `${path}: was removed while it was made; try again`)
}

function readIdentity(path: string): DeviceIdentity | undefined {
  const text = readPrivateFile(path)
  if (text === undefined) return undefined
  const found = parse(text)
  const key = found['privateKeyPem']
  try {
    if (typeof key === 'string') return readDeviceIdentity(key)
  } catch {
    // The reason could hold a piece of the key.
  }
  throw new PincerError(
    'invalid_option',
    `${path}: holds no Ed25519 key; restore it, or remove it and have this device paired anew`,
  )
}

// A token file that cannot be used is as good as none: the Gateway hands out another one.
function parseToken(text: string, { gateway, role }: DeviceTokenPlace): DeviceToken | undefined {
  const found = parse(text)
  const { token, scopes } = found
  if (typeof token !== 'string' || token === '' || found['gateway'] !== gateway || found['role'] !== role) {
    return undefined
  }
  return {
    token,
    scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) ? found : {}
  } catch {
    return {}
  }
}

function print(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`
}
