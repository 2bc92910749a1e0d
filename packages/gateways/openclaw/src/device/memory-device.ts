import type { DeviceIdentity, DeviceToken, DeviceTokenPlace, GatewayDevice } from './device.ts'
import { createDeviceIdentity } from './device-key.ts'

/** A device that lives as long as this process, for tests and throw-away runs; it must be paired anew every time. */
export function memoryDevice(): GatewayDevice {
  let identity: DeviceIdentity | undefined
  const tokens = new Map<string, DeviceToken>()
  return {
    identity() {
      identity ??= createDeviceIdentity()
      return identity
    },
    loadToken: (place) => tokens.get(keyOf(place)),
    storeToken(place, token) {
      tokens.set(keyOf(place), token)
    },
    clearToken(place) {
      tokens.delete(keyOf(place))
    },
  }
}

function keyOf({ gateway, role }: DeviceTokenPlace): string {
  return JSON.stringify([gateway, role])
}
