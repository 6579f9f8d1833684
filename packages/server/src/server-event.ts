import type { StreamRef } from "@luxbus/dispatcher"
import type { BusError, Outcome } from "@luxbus/packet"

/** What happens at a server: for logs and metrics. */
export type ServerEvent =
  | { readonly type: "listening"; readonly url: string }
  | {
      readonly type: "client-welcomed"
      readonly client: string
      readonly remoteAddress: string
      /** Whether it took the place of a connection that was still open. */
      readonly replaced: boolean
    }
  | {
      readonly type: "client-refused"
      readonly client: string | undefined
      readonly remoteAddress: string
      readonly error: BusError
    }
  | { readonly type: "client-disconnected"; readonly client: string; readonly code: number; readonly reason: string }
  /** It did not come back within the window. */
  | { readonly type: "client-gone"; readonly client: string }
  | { readonly type: "stream-started"; readonly stream: StreamRef }
  | { readonly type: "stream-ended"; readonly stream: StreamRef; readonly outcome: Outcome }
  /** The broker forgot a finished stream. */
  | { readonly type: "stream-removed"; readonly stream: StreamRef }
  | { readonly type: "error"; readonly error: BusError; readonly stream?: StreamRef }
