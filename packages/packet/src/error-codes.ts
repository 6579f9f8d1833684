/** The closed list of error codes, and whether the same call may succeed when made again later, unchanged. */
export const RETRYABLE = {
  connection_lost: true,
  protocol: false,
  closed: false,
  timeout: true,
  unauthenticated: false,
  invalid_state: false,
  peer_lost: true,
  forbidden: false,
  rate_limited: true,
  too_large: false,
  unsupported: false,
  id_taken: false,
  replaced: false,
  unknown_stream: false,
  fenced: false,
  flow_control: false,
  gap: false,
  no_provider: true,
  mailbox_full: true,
  indeterminate: false,
  invalid_payload: false,
  invalid_argument: false,
  cancelled: false,
  expired: false,
  conflict: true,
  storage: true,
  going_away: true,
  internal: false,
} as const satisfies Readonly<Record<string, boolean>>

/** One of the closed list of error codes. */
export type ErrorCode = keyof typeof RETRYABLE

/** Whether `code` is one of the closed list. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(RETRYABLE, code)
}
