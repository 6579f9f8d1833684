import { assertPattern, BusError, matchSubject } from "@luxbus/packet"

/** What is kept of a subject. Messages go whole turns at a time, the oldest first; every bound that is given holds. */
export interface HistoryOptions {
  /** The last so many messages stay, at least: what came in one turn goes together. Default: not bounded by count. */
  readonly messages?: number | undefined
  /** What may be kept in bytes. The last message stays, whatever its size. Default 64 MiB, as of a hosted stream. */
  readonly bytes?: number | undefined
  /** For how long a message is kept. Default: not bounded by age. */
  readonly ageMs?: number | undefined
}

/** How subjects are treated that a pattern matches. */
export interface TopicPolicy {
  /** A subject, or a pattern: `*` stands for one token, `>` for one or more at the end. */
  readonly match: string
  /** Default: the small ring of every topic, for as long as it is in use. */
  readonly history?: HistoryOptions | undefined
  /** The last message stays, beyond its age too, and a subscriber from now on begins with it. Default false. */
  readonly retain?: boolean | undefined
}

/** What a topic is bound by, once and for all. */
export interface TopicBounds {
  readonly messages: number
  readonly bytes: number
  readonly ageMs: number
  readonly retain: boolean
}

const HISTORY_BYTES = 64 * 1024 * 1024

/**
 * The bounds of a subject by the first policy that matches; undefined where none does, or none that keeps anything.
 * @param ringBytes what a topic keeps without a history
 */
export function boundsOf(
  policies: readonly TopicPolicy[],
  subject: string,
  ringBytes: number,
): TopicBounds | undefined {
  const policy = policies.find(({ match }) => matchSubject(match, subject))
  if (policy === undefined) return undefined
  const { history, retain = false } = policy
  if (history === undefined && !retain) return undefined
  const {
    messages = Number.POSITIVE_INFINITY,
    bytes = HISTORY_BYTES,
    ageMs = Number.POSITIVE_INFINITY,
  } = history ?? { bytes: ringBytes }
  return { messages, bytes, ageMs, retain }
}

/** @throws BusError `invalid_argument` for a pattern that is none, or a bound that is no whole number from 1 */
export function assertPolicies(policies: readonly TopicPolicy[]): void {
  for (const { match, history = {} } of policies) {
    assertPattern(match)
    for (const name of ["messages", "bytes", "ageMs"] as const) {
      const value = history[name]
      if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue
      throw new BusError("invalid_argument", `history.${name} is a whole number from 1`, { details: { name, match } })
    }
  }
}
