import { type BusError, LIMITS } from "@luxbus/packet"

/** One whole message: binary, or text. Text occurs only on text subprotocols. */
export type Message = Uint8Array | string

/** From this many undrained bytes on (64 KiB), a connection is full: its owner hands it nothing more and awaits `onDrain`. */
export const HIGH_WATER = LIMITS.undrainedBytes

/**
 * Below this many undrained bytes (32 KiB) a connection that was full has drained: half of {@link HIGH_WATER}, so that
 * its owner refills it before it runs dry.
 */
export const LOW_WATER = HIGH_WATER / 2

/** Why a connection is over: in the words of whoever closed it; where both did at once, each side has its own. */
export interface CloseInfo {
  /** WebSocket close code (RFC 6455 §7.4); 1006 where the connection ended without a closing handshake. */
  readonly code: number
  /** For logs, at most 123 bytes of UTF-8. */
  readonly reason: string
  /**
   * Set where it did not end by anyone's wish: `connection_lost` (the network), `too_large` or `protocol` (the peer's
   * fault), `internal` (the handler threw: the cause is what it threw).
   */
  readonly error?: BusError
}

/**
 * What a connection tells its owner. Calls come one after the other, never from within a call of the owner's own.
 * A handler that throws closes the connection with 1011, and `onClose` carries the error (`internal`, with its cause).
 * What `onClose` itself throws has nobody left to hear it and is dropped.
 */
export interface ConnectionHandler {
  /** A whole message, in the order of sending. Its buffer is never reused: views of it stay valid while held. */
  onMessage(message: Message): void
  /** `undrainedBytes` fell below {@link LOW_WATER} after having been at {@link HIGH_WATER} or above. */
  onDrain(): void
  /** The connection is over. Exactly once, and last. */
  onClose(info: CloseInfo): void
}

/**
 * An open connection that moves whole messages both ways and says when it is full. Messages arrive in order, once and
 * unharmed until it closes; closing loses any suffix, per direction, unless it was graceful.
 */
export interface Connection {
  /** The negotiated subprotocol; empty if there is none. */
  readonly protocol: string
  /** For logs; `"memory"` within a process. */
  readonly remoteAddress: string
  /**
   * Starts delivery. Call it once, in the same turn as the connection is handed out: nothing is delivered before,
   * nothing is lost by it, and nothing is delivered before it returns.
   * @throws BusError `invalid_state` when called twice
   */
  start(handler: ConnectionHandler): void
  /**
   * Queues one whole message. The connection keeps a reference, so the bytes must not change afterwards. It takes
   * what it is given, however full it is: its owner watches {@link undrainedBytes}. Ignored once the connection is
   * closing; never throws for a peer's fault.
   * @throws BusError `too_large` when the message exceeds the connection's `maxMessageBytes`; nothing is sent then
   */
  send(message: Message): void
  /** Bytes given to `send()` that have not been passed on yet; a transport may count its own framing in. */
  readonly undrainedBytes: number
  /**
   * Closes gracefully: what was sent goes out first, then `onClose` follows on both sides with this code and reason.
   * Nothing more is delivered here meanwhile. Where the peer does not answer for about 30 s, it ends as by `terminate()`.
   * Ignored once the connection is closing.
   * @param code 1000 normal (default), 1001 going away, 1002 protocol, 1007 to 1014, or 3000 to 4899 of our own
   * @param reason for logs; cut to 123 bytes of UTF-8
   * @throws BusError `invalid_argument` for a code that may not be sent
   */
  close(code?: number, reason?: string): void
  /**
   * Ends the connection at once: what was not passed on is lost. `onClose` follows here with 1006 and no error, and at
   * the peer as `connection_lost`. Ignored once it has closed.
   */
  terminate(): void
}

/** What {@link Dial} needs of an AbortSignal: the platform's own fits. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  /** As of the platform's `AbortSignal`. */
  addEventListener(type: "abort", listener: () => void): void
  /** As of the platform's `AbortSignal`. */
  removeEventListener(type: "abort", listener: () => void): void
}

/**
 * Opens one connection. Rejects with a BusError: `connection_lost` (cannot be reached, or no answer in time),
 * `unauthenticated`, `forbidden`, `unsupported` (no common subprotocol), `cancelled` (by `signal`).
 */
export type Dial = (options?: { readonly signal?: AbortSignalLike | undefined }) => Promise<Connection>

/** What a peer asked for as it connected. */
export interface ConnectionRequest {
  /** Lower-case names; empty in memory. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Path and query as the peer sent them. */
  readonly url: string
  readonly remoteAddress: string
  /** Whether the connection itself is encrypted; says nothing about a proxy before it. */
  readonly secure: boolean
}

/** Takes an accepted connection. Call `connection.start()` before returning. */
export type Accept = (connection: Connection, request: ConnectionRequest) => void

/** A place where connections are accepted. */
export interface Listener {
  /** Where to dial it from this machine. */
  readonly url: string
  /** Where it is bound; undefined within a process. */
  readonly address: { readonly host: string; readonly port: number } | undefined
  /** Stops accepting, and frees the address. Accepted connections stay open. Idempotent. */
  close(): Promise<void>
}
