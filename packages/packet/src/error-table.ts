import { type ErrorCode, RETRYABLE } from "./error-codes.ts"

/** One row of {@link ERROR_TABLE}. */
export interface ErrorRow {
  /** Whether the same call may succeed when made again later, unchanged. */
  readonly retryable: boolean
  readonly raisedBy: string
  readonly meaning: string
  readonly action: string
}

type Words = readonly [raisedBy: string, meaning: string, action: string]

function describe(words: Readonly<Record<ErrorCode, Words>>): Readonly<Record<ErrorCode, ErrorRow>> {
  const rows = (Object.keys(words) as ErrorCode[]).map((code) => {
    const [raisedBy, meaning, action] = words[code]
    return [code, { retryable: RETRYABLE[code], raisedBy, meaning, action }] as const
  })
  return Object.fromEntries(rows) as Record<ErrorCode, ErrorRow>
}

/**
 * The closed list of error codes: what each says, who raises it, what to do. Apart from the codes themselves, and
 * marked as pure, so that a browser client that does not show it does not download its words.
 */
export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorRow>> = /* @__PURE__ */ describe({
  connection_lost: [
    "transport, client",
    "The connection is gone or cannot be made.",
    "Wait; the client reconnects by itself.",
  ],
  protocol: ["any", "The peer sent what the protocol forbids.", "Report it with details.fault; update the older side."],
  closed: ["any", "The handle was closed before or during the call.", "Open a new one."],
  timeout: ["client", "No answer in time, and the work was not begun.", "Try again, or allow more time."],
  unauthenticated: ["broker", "The token is absent, expired or wrong.", "Get a fresh token and connect again."],
  invalid_state: [
    "any",
    "The call does not fit the present state (details.state).",
    "Check the state before the call.",
  ],
  peer_lost: ["broker, client", "The other side is gone for good.", "Try again if the work is safe to repeat."],
  forbidden: ["broker", "The client may not do this.", "Ask the operator for the permission."],
  rate_limited: ["broker", "Too many calls in too short a time.", "Wait details.retryAfterMs, then try again."],
  too_large: ["any", "A payload or message is over its limit (details.limit).", "Send less at once, or stream it."],
  unsupported: ["any", "The peer does not know this feature or field.", "Do without it, or update the peer."],
  id_taken: ["broker", "Another live session has this client id.", "Choose another id, or show the session's secret."],
  replaced: ["broker", "A newer session took this one's place.", "Do not reconnect: another instance runs."],
  unknown_stream: [
    "broker, client",
    "No such stream, or no longer.",
    "Check the name; it may have ended and been let go.",
  ],
  fenced: [
    "broker, client",
    "A newer epoch of the stream exists (details.current).",
    "Stop writing: another writer has taken over.",
  ],
  flow_control: ["session", "More was sent than credit allowed.", "Report it: the sender is at fault."],
  gap: [
    "stream memory, broker",
    "Chunks are gone for good (details.first is the next held).",
    "Go on from details.first, or start afresh.",
  ],
  no_provider: ["broker", "Nobody provides the channel.", "Start a provider, or ask to wait for one."],
  mailbox_full: ["broker", "The absent recipient's mailbox is full.", "Try again when the recipient has returned."],
  indeterminate: ["client, broker", "No answer, and the work may have been done.", "Check before repeating it."],
  invalid_payload: ["client", "A payload does not fit its schema or codec.", "Correct the payload or the schema."],
  invalid_argument: ["any", "A call got a wrong argument or option.", "Correct the call."],
  cancelled: ["any", "Somebody asked for it to stop.", "Nothing: it was wanted."],
  expired: ["broker, client", "The time it had ran out.", "Start again, or allow more time."],
  conflict: ["broker, realm", "Somebody else changed it first.", "Read it again, then decide."],
  storage: ["journal, realm", "The disk or database refused.", "Check space, permissions and the cause."],
  going_away: ["broker", "The broker is stopping.", "Wait; the client reconnects elsewhere."],
  internal: ["any", "A defect of luxbus.", "Report it with its cause."],
})
