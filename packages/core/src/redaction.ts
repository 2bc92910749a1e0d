import { replaceLongWords } from './long-words.ts'

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

// Compared in lower case without separators: `OPENAI_API_KEY` ends in one of them, `x-api-key` too.
const secretKey =
  /^(?:token|cookie|setcookie|pwd|jwt)$|(?:authorization|(?:api|access|secret|private)key|accesskeyid|(?:access|refresh|id|auth|api|bearer|session|security)token|secret|password|passwd|passphrase|credentials?|connectionstring)$/

// Linear patterns. No alternative may look far ahead and then give up, or a hostile text costs its length squared.
const privateKeyPattern =
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){0,16384}(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)?/g
const bearerPattern = /(?<=\b(?:[Bb]earer|BEARER)\s{1,4})[\w.~+/-]{8,}=*/g
// Keys of the common providers and JSON Web Tokens. How they begin is looked for first, since that costs a third.
const keyStart =
  /[sprc]k[-_]|xai[-_]|pplx|fw[-_]|tvly|nvapi|lsv2|glpat|dckr|r8_|AIza|ya29|A[KS]IA|gh[opsur]_|npm_|hf_|github_pat|xox|SG\.|eyJ/
const keyPattern =
  /(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|csk|xai|pplx|fw|tvly|nvapi|lsv2|glpat|dckr_pat)[-_][A-Za-z0-9_-]{16,}|r8_[A-Za-z0-9]{30,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|(?:gh[opsur]|npm|hf)_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}(?:\.[\w-]+(?:\.[\w-]*)?)?)/g
const urlPasswordPattern = /(:\/\/[^\s:@/]{0,64}:)[^\s@/]{1,256}(?=@)/g
// Shorter words hold no key.
const shortestKey = 12
const emailPattern = /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g
const digitsPattern = /(?<!\d)\d(?:[ -]?\d){12,}/g
const shortestCard = 13
const longestCard = 19

/** How a field of an object is recorded. */
interface FieldRule {
  /** The field's name, redacted and cut like every text. */
  readonly name: string
  /** True where its whole value is replaced. */
  readonly secret: boolean
}

/** The rules of one client, compiled once. */
export interface RedactionRules {
  field(key: string): FieldRule
  redactText(text: string): string
  readonly custom: ((value: unknown) => unknown) | undefined
}

const maxNameLength = 256

/** Compiles redaction options; `false` turns every rule off. */
export function compileRedaction(options: RedactOptions | false = {}): RedactionRules {
  const on = options !== false
  const { keys = [], patterns = [], emails, cards, custom } = on ? options : {}
  const ownKeys = new Set(keys.map(normalizeKey))
  const ownPatterns = [...(emails === true ? [emailPattern] : []), ...patterns.map(makeGlobal)]
  const known = new Map<string, FieldRule>()
  const redactText = (text: string): string => {
    if (!on || text.length < 8) return text
    let clean = text.includes('-----BEGIN ') ? text.replace(privateKeyPattern, redactedMark) : text
    if (clean.includes('earer') || clean.includes('EARER')) clean = clean.replace(bearerPattern, redactedMark)
    if (clean.includes('://')) clean = clean.replace(urlPasswordPattern, `$1${redactedMark}`)
    clean = replaceLongWords(clean, shortestKey, hideKeys)
    for (const pattern of ownPatterns) clean = clean.replace(pattern, redactedMark)
    return cards === true ? clean.replace(digitsPattern, hideCards) : clean
  }
  return {
    custom,
    redactText,
    field(key) {
      let rule = known.get(key)
      if (rule === undefined) {
        const plain = normalizeKey(key)
        const secret = on && (secretKey.test(plain) || ownKeys.has(plain))
        const name = redactText(key.slice(0, maxNameLength)) + (key.length > maxNameLength ? '[cut]' : '')
        rule = { name, secret }
        // Field names repeat; a bound keeps data-made names from filling memory.
        if (known.size < 2000 && key.length <= maxNameLength) known.set(key, rule)
      }
      return rule
    },
  }
}

function hideKeys(word: string): string {
  return keyStart.test(word) ? word.replace(keyPattern, hideSecret) : word
}

// Half a JSON Web Token is some other word in base64.
function hideSecret(found: string): string {
  return found.startsWith('eyJ') && !found.includes('.') ? found : redactedMark
}

// Digits in groups may hold a card number beside other numbers: every row of whole groups is tried. The Luhn sum of a row
// is a difference of two running sums: one doubles the digits at odd places, the other those at even ones.
function hideCards(found: string): string {
  const places: number[] = []
  const sums: [number[], number[]] = [[0], [0]]
  for (let index = 0; index < found.length; index++) {
    if (!isDigit(found, index)) continue
    const digit = found.charCodeAt(index) - 48
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const isOdd = places.push(index) % 2 === 0
    sums[0].push((sums[0].at(-1) ?? 0) + (isOdd ? doubled : digit))
    sums[1].push((sums[1].at(-1) ?? 0) + (isOdd ? digit : doubled))
  }
  let clean = ''
  let copied = 0
  for (let start = 0; start + shortestCard <= places.length; start++) {
    const first = places[start] ?? 0
    if (first > copied && isDigit(found, first - 1)) continue
    for (let end = start + shortestCard; end <= Math.min(start + longestCard, places.length); end++) {
      const after = (places[end - 1] ?? 0) + 1
      const running = sums[end % 2 === 0 ? 1 : 0]
      if (isDigit(found, after) || ((running[end] ?? 0) - (running[start] ?? 0)) % 10 !== 0) continue
      clean += found.slice(copied, first) + redactedMark
      copied = after
      start = end - 1
      break
    }
  }
  return clean + found.slice(copied)
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

function normalizeKey(key: string): string {
  return key
    .slice(-maxNameLength)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

function makeGlobal(pattern: RegExp): RegExp {
  return pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)
}
