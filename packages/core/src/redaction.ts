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
// Shorter words hold no key; only a URL may be this short and hold a password.
const shortestUrl = 8
const shortestKey = 12
const emailPattern = /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g
const digitsPattern = /(?<!\d)\d(?:[ -]?\d){12,}/g

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
    clean = replaceLongWords(clean, shortestUrl, hideSecrets)
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

function hideSecrets(word: string): string {
  const clean = word.includes('@') ? word.replace(urlPasswordPattern, `$1${redactedMark}`) : word
  return word.length >= shortestKey && keyStart.test(word) ? clean.replace(keyPattern, hideSecret) : clean
}

// Half a JSON Web Token is some other word in base64.
function hideSecret(found: string): string {
  return found.startsWith('eyJ') && !found.includes('.') ? found : redactedMark
}

// Digits in groups may hold a card number beside other numbers: every row of groups is tried.
function hideCards(found: string): string {
  const groups = found.split(/([ -])/)
  let clean = ''
  for (let start = 0; start < groups.length; start++) {
    const end = start % 2 === 0 ? cardEnd(groups, start) : -1
    clean += end < 0 ? groups[start] : redactedMark
    if (end >= 0) start = end
  }
  return clean
}

function cardEnd(groups: readonly string[], start: number): number {
  let digits = ''
  for (let end = start; end < groups.length && digits.length <= 19; end += 2) {
    digits += groups[end]
    if (digits.length >= 13 && digits.length <= 19 && passesLuhn(digits)) return end
  }
  return -1
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

function passesLuhn(digits: string): boolean {
  let sum = 0
  let double = false
  for (let index = digits.length - 1; index >= 0; index--) {
    const digit = digits.charCodeAt(index) - 48
    const doubled = digit * 2
    sum += double ? (doubled > 9 ? doubled - 9 : doubled) : digit
    double = !double
  }
  return sum % 10 === 0
}
