/** What is taken out of every recorded value before it leaves the process. */
export interface RedactOptions {
  /** Names of further fields whose whole value is replaced, in any spelling: `apiKey`, `api_key` and `API-KEY` are one. */
  readonly keys?: readonly string[]
  /** Further patterns whose matches are replaced. */
  readonly patterns?: readonly RegExp[]
  /** Also replaces e-mail addresses. */
  readonly emails?: boolean
  /** Also replaces payment card numbers (13 to 19 digits that pass the Luhn check). */
  readonly cards?: boolean
  /** Sees each captured value last and returns what to record; if it throws, the whole value is replaced. */
  readonly custom?: (value: unknown) => unknown
}

/** What stands in the place of something that was taken out. */
export const redactedMark = '[redacted]'

const secretKeys = [
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'bearertoken',
  'sessiontoken',
  'token',
  'secret',
  'secretkey',
  'clientsecret',
  'secretaccesskey',
  'awssecretaccesskey',
  'password',
  'passwd',
  'passphrase',
  'privatekey',
  'cookie',
  'setcookie',
  'credentials',
  'connectionstring',
]

// One linear pattern for the keys of the common providers, bearer tokens, JSON Web Tokens and private keys.
const secretPattern =
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{0,8192}(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?|(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|xai|pplx|glpat|dckr_pat)[-_][A-Za-z0-9_-]{16,}|r8_[A-Za-z0-9]{30,}|AIza[\w-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}|(?:gh[opsur]|npm|hf)_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)|(?<=\b[Bb]earer\s{1,4})[\w.~+/-]{8,}=*/g
const emailPattern = /[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g
const cardPattern = /(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g

/** The rules of one client, compiled once. */
export interface RedactionRules {
  isSecretKey(key: string): boolean
  redactText(text: string): string
  readonly custom: ((value: unknown) => unknown) | undefined
}

/** Compiles redaction options; `false` turns every rule off. */
export function compileRedaction(options: RedactOptions | false = {}): RedactionRules {
  if (options === false) return { isSecretKey: () => false, redactText: (text) => text, custom: undefined }
  const keys = new Set([...secretKeys, ...(options.keys ?? []).map(normalizeKey)])
  const known = new Map<string, boolean>()
  const patterns = [
    ...(options.emails === true ? [emailPattern] : []),
    ...(options.patterns ?? []).map(makeGlobal),
  ]
  const cards = options.cards === true
  return {
    custom: options.custom,
    isSecretKey(key) {
      let secret = known.get(key)
      if (secret === undefined) {
        secret = keys.has(normalizeKey(key))
        // Field names repeat; a bound keeps data-made names from filling memory.
        if (known.size < 2000) known.set(key, secret)
      }
      return secret
    },
    redactText(text) {
      if (text.length < 8) return text
      let clean = text.replace(secretPattern, redactedMark)
      for (const pattern of patterns) clean = clean.replace(pattern, redactedMark)
      return cards
        ? clean.replace(cardPattern, (digits) => (passesLuhn(digits) ? redactedMark : digits))
        : clean
    },
  }
}

function normalizeKey(key: string): string {
  return key.length > 64 ? key : key.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function makeGlobal(pattern: RegExp): RegExp {
  return pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)
}

function passesLuhn(text: string): boolean {
  let sum = 0
  let double = false
  for (let index = text.length - 1; index >= 0; index--) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) continue
    const doubled = digit * 2
    sum += double ? (doubled > 9 ? doubled - 9 : doubled) : digit
    double = !double
  }
  return sum % 10 === 0
}
