import { assertPattern, BusError } from "@luxbus/packet"
import { z } from "zod"

const PATTERNS = "a list of patterns such as build.*"
const DATE = "a date such as 2027-01-31 or 2027-01-31T12:00:00Z"
const ID = "a client id of 1 to 128 characters"

const id = z.string(ID).min(1, ID).max(128, ID)
const patterns = z.array(z.string(PATTERNS).refine(isPattern, PATTERNS), PATTERNS).optional()

/** What a token stands for: a client id, or that with what it may and for how long. Messages say what was expected. */
export const tokenSchema = z.union([
  id,
  z.strictObject(
    {
      id,
      allow: z
        .strictObject(
          {
            publish: patterns,
            subscribe: patterns,
            request: patterns,
            serve: patterns,
            open: patterns,
            attach: patterns,
            cancel: patterns,
            takeover: patterns,
            mailbox: patterns,
          },
          { error: unknownOr("an object of actions to lists of patterns") },
        )
        .optional(),
      operator: z.boolean("true or false").optional(),
      expiresAt: z.union([z.iso.date(), z.iso.datetime({ offset: true })], DATE).optional(),
    },
    { error: unknownOr(ID) },
  ),
])

/** A token's entry in `auth.tokens`. */
export type TokenEntry = z.output<typeof tokenSchema>

function isPattern(text: string): boolean {
  try {
    assertPattern(text)
    return true
  } catch (error) {
    if (error instanceof BusError) return false
    throw error
  }
}

function unknownOr(expected: string): z.core.$ZodErrorMap {
  return ({ code, keys }) => (code === "unrecognized_keys" ? `no ${(keys as readonly string[]).join(", ")}` : expected)
}
