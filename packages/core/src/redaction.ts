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
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY[A-Z ]{0,6}-----(?:(?!-----)[\s\S]){0,16384}(?:-----END [A-Z ]{0,40}-----)?/g
const bearerPattern = /(?<=\b(?:[Bb]earer|BEARER)\s{1,4})[\w.~+/-]{8,}=*/g
const urlPasswordPattern = /(:\/\/[^\s:@/"'`<>]{0,64}:)[^\s@/"'`<>]{1,256}(?=@)/g
const jsonWebTokenPattern = /(?<![A-Za-z0-9])eyJ[\w-]{8,}(?:\.[\w-]+){0,2}/g
// Keys of the common providers.
const { source: keys } =
  /(?:(?:[gc]?sk|[pr]k|xai|pplx|fw|tvly|nvapi|lsv2|glpat|dckr_pat)[-_][A-Za-z0-9_-]{16,}|(?:AIza|ya29\.)[\w-]{20,}|A[KS]IA[A-Z0-9]{16}|(?:gh[opsur]|npm|hf|r8)_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,})/
const emailPattern = /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g
const digitsPattern = /(?<!\d)\d(?:[ -]?\d){12,}/g
// Twice a digit, as the Luhn check counts it.
const doubled = '0246813579'

/** What must be there before a pattern is tried, since that costs least; the pattern; what takes the place of a match. */
type TextRule = readonly [hint: string, pattern: RegExp, replace: (found: string, group?: string) => string]

const hide = (): string => redactedMark
const textRules: readonly TextRule[] = [
  ['BEGIN ', privateKeyPattern, hide],
  ['bearer', bearerPattern, hide],
  ['Bearer', bearerPattern, hide],
  ['BEARER', bearerPattern, hide],
  ['@', urlPasswordPattern, (_, start) => start + redactedMark],
  // `\b` is the fastest beginning, but sees none after an underscore.
  ['', new RegExp(`\\b${keys}`, 'g'), hide],
  ['_', new RegExp(`_${keys}`, 'g'), () => `_${redactedMark}`],
  // Half a token is some other word in base64.
  ['yJ', jsonWebTokenPattern, (found) => (found.includes('.') ? redactedMark : found)],
]

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

const shortestSecret = 8
const maxNameLength = 256
const maxKnownNames = 2_000

/** Compiles redaction options; `false` turns every rule off. */
export function compileRedaction(options: RedactOptions | false = {}): RedactionRules {
  const { keys = [], patterns = [], emails, cards, custom } = options || {}
  const rules = options === false ? [] : [...textRules]
  if (emails === true) rules.push(['@', emailPattern, hide])
  for (const pattern of patterns) rules.push(['', makeGlobal(pattern), hide])
  if (cards === true) rules.push(['', digitsPattern, hideCards])
  const ownKeys = new Set(keys.map(normalizeKey))
  const known = new Map<string, FieldRule>()

  function redactText(text: string): string {
    if (text.length < shortestSecret) return text
    let clean = text
    for (const [hint, pattern, replace] of rules)
      // A search costs a fifth of a replacement that finds nothing.
      if (clean.includes(hint) && clean.search(pattern) >= 0) clean = clean.replace(pattern, replace)
    return clean
  }

  return {
    custom,
    redactText,
    field(key) {
      let rule = known.get(key)
      if (rule === undefined) {
        const plain = normalizeKey(key)
        const secret = options !== false && (secretKey.test(plain) || ownKeys.has(plain))
        const isLong = key.length > maxNameLength
        rule = { name: redactText(key.slice(0, maxNameLength)) + (isLong ? '[cut]' : ''), secret }
        // Field names repeat; a bound keeps data-made names from filling memory.
        if (known.size < maxKnownNames && !isLong) known.set(key, rule)
      }
      return rule
    },
  }
}

// Digits in groups may hold a card number beside other numbers: every row of groups is tried.
function hideCards(found: string): string {
  const groups = found.split(/([ -])/)
  for (let start = 0; start < groups.length; start += 2) {
    // The Luhn sum of the digits so far, and the sum it becomes a part of where another digit follows.
    let sum = 0
    let next = 0
    let length = 0
    for (let end = start; end < groups.length && length < 19; end += 2) {
      for (const digit of groups[end] ?? '') {
        ;[sum, next] = [next + Number(digit), sum + Number(doubled[Number(digit)])]
        length++
      }
      if (length < 13 || length > 19 || sum % 10 !== 0) continue
      groups.fill('', start, end + 1)
      groups[start] = redactedMark
      start = end
      break
    }
  }
  return groups.join('')
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
