/** An Ed25519 key pair that stands for this machine or program. */
export interface DeviceIdentity {
  /** SHA-256 of the raw public key, in hexadecimal digits. */
  readonly deviceId: string
  /** PKCS #8 in PEM; never leaves this machine. */
  readonly privateKeyPem: string
  /** SPKI in PEM. */
  readonly publicKeyPem: string
}

/** A token that a Gateway gave to a paired device. */
export interface DeviceToken {
  readonly token: string
  /** Scopes it was given with, such as `operator.read`. */
  readonly scopes: readonly string[]
}

/** Where a device token belongs: one Gateway and one role. */
export interface DeviceTokenPlace {
  /** Address of the Gateway without its query, such as `wss://claw.example.com`. */
  readonly gateway: string
  /** Such as `operator`. */
  readonly role: string
}

/** A device that can be paired with Gateways; `fileDevice()` keeps one in a file, `memoryDevice()` in this process. */
export interface GatewayDevice {
  /**
   * The key pair; made when it is first asked for.
   *
   * @throws PincerError `invalid_option` where it cannot be kept safely.
   */
  identity(): DeviceIdentity
  /** The token of the last pairing; undefined where there is none. */
  loadToken(place: DeviceTokenPlace): DeviceToken | undefined
  /** Keeps the token of a pairing, in place of an earlier one. */
  storeToken(place: DeviceTokenPlace, token: DeviceToken): void
  /** Drops a token that the Gateway no longer takes. */
  clearToken(place: DeviceTokenPlace): void
}
