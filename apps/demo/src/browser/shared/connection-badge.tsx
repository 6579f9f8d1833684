import type { BusStatus } from "@luxbus/client"

/** How a connection is, in a word. */
export type ConnectionWord = "connecting" | "connected" | "suspended" | "resumed" | "closed"

/** @param hasJustResumed whether it came back just now */
export function connectionWord({ state }: BusStatus, hasJustResumed: boolean): ConnectionWord {
  return state === "connected" && hasJustResumed ? "resumed" : state
}

/** A connection's state, in a word and a colour. */
export function ConnectionBadge({ word }: { readonly word: ConnectionWord }) {
  return (
    <span class="badge" data-state={word} data-testid="connection">
      {word}
    </span>
  )
}
