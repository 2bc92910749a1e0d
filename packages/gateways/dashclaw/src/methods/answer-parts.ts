/** A number that was counted or averaged: servers on Postgres give it as text. */
export type Count = number | string

/** A truth: servers on Postgres give some as 0 or 1. */
export type Flag = boolean | number

/** Something that was deleted; most calls say so even where nothing was there. */
export interface Deleted {
  readonly deleted: true
}

/** A name that the platform knows, or another that a server has of its own. */
export type Known<Name extends string> = Name | (string & {})
