/** What was found in a text. */
interface Finding {
  readonly pattern: string
  readonly category: string
  readonly severity: string
  /** A part of the text, masked. */
  readonly preview?: string
}

/** What a scan for secrets and personal data found. */
export interface ContentScan {
  readonly clean: boolean
  readonly findings_count: number
  readonly critical_count: number
  readonly categories: readonly string[]
  readonly findings: readonly Finding[]
  /** The text with what was found masked. */
  readonly redacted_text: string
  /** The same as `redacted_text`. */
  readonly redacted: string
  readonly destination: string | null
}

/** What a scan for attempts to take an agent over found. */
export interface InjectionScan {
  readonly clean: boolean
  readonly risk_level: 'none' | 'low' | 'medium' | 'high' | 'critical'
  readonly recommendation: 'allow' | 'warn' | 'block'
  readonly findings_count: number
  readonly critical_count: number
  readonly categories: readonly string[]
  readonly findings: readonly Readonly<Record<string, unknown>>[]
  readonly source: string | null
}
