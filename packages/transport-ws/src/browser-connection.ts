import type { Clock } from "@luxbus/clock"
import {
  CloseCode,
  type Connection,
  type ConnectionHandler,
  checkCloseCode,
  checkMessageSize,
  Delivery,
  INTERNAL_REASON,
  type Message,
  messageBytes,
  truncateCloseReason,
} from "@luxbus/transport"
import { browserCloseCode, type ClosingState, closeInfoOf, inboundTooLarge } from "./closing.ts"
import { INBOUND_SLACK_BYTES } from "./dial-options.ts"

/** What this package reads of the platform's WebSocket events: `data` of a message, `code` and `reason` of a close. */
export interface PlatformSocketEvent {
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
}

/** What this package uses of the platform's WebSocket (WHATWG WebSockets); that of `ws` fits too. */
export interface PlatformSocket {
  binaryType: string
  readonly protocol: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: PlatformSocketEvent) => void): void
}

/** The platform's WebSocket class. */
export type PlatformSocketConstructor = new (url: string, protocols: string[]) => PlatformSocket

/** Settings of a {@link BrowserConnection}. */
export interface BrowserConnectionOptions {
  readonly clock: Clock
  readonly remoteAddress: string
  readonly maxMessageBytes: number
}

/**
 * Browsers have no event for a drained socket, so a full one is looked at again: at the end of each of the next turns,
 * since a fast network drains within them, and after that every 4 ms, the least that browsers' nested timers take.
 */
const QUICK_LOOKS = 8
const LOOK_INTERVAL_MS = 4

/** A connection over an open WebSocket of the platform. */
export class BrowserConnection implements Connection {
  readonly remoteAddress: string
  readonly #socket: PlatformSocket
  readonly #options: BrowserConnectionOptions
  readonly #delivery: Delivery
  #state: ClosingState = { name: "open" }
  #looks = 0
  #looking = false

  /** `socket` has just opened, with `binaryType` "arraybuffer". */
  constructor(socket: PlatformSocket, options: BrowserConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.remoteAddress = options.remoteAddress
    this.#delivery = new Delivery({
      defer: (callback) => void Promise.resolve().then(callback),
      onFault: () => this.close(CloseCode.internal, INTERNAL_REASON),
    })
    socket.addEventListener("message", ({ data }) => this.#received(data))
    socket.addEventListener("close", ({ code = CloseCode.lost, reason = "" }) => this.#closed(code, reason))
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  get undrainedBytes(): number {
    return this.#state.name === "closed" ? 0 : this.#socket.bufferedAmount
  }

  start(handler: ConnectionHandler): void {
    this.#delivery.start(handler)
  }

  send(message: Message): void {
    if (this.#state.name !== "open") return
    checkMessageSize(message, this.#options.maxMessageBytes)
    // Platforms send no shared memory, and the bus makes none: TypeScript cannot know.
    this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
    this.#delivery.sent(this.#socket.bufferedAmount)
    if (this.#delivery.full && !this.#looking) this.#lookLater()
  }

  close(code: number = CloseCode.normal, reason = ""): void {
    checkCloseCode(code)
    if (this.#state.name !== "open") return
    this.#state = { name: "closing", code, reason: truncateCloseReason(reason) }
    this.#delivery.mute()
    this.#socket.close(browserCloseCode(code), this.#state.reason)
  }

  terminate(): void {
    if (this.#state.name === "closed" || this.#state.name === "terminated") return
    this.#state = { name: "terminated" }
    this.#delivery.mute()
    this.#socket.close(browserCloseCode(CloseCode.lost))
    // The platform reports the end only after a closing handshake, which a dead network never finishes.
    void Promise.resolve().then(() => this.#closed(CloseCode.lost, ""))
  }

  #received(data: unknown): void {
    const message = typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer)
    const maxBytes = this.#options.maxMessageBytes + INBOUND_SLACK_BYTES
    // By then the platform has taken it in; this keeps it from what lies above.
    if (messageBytes(message) <= maxBytes) this.#delivery.message(message)
    else if (this.#state.name === "open") {
      const error = inboundTooLarge(maxBytes)
      this.#state = { name: "failed", code: CloseCode.tooLarge, error }
      this.#delivery.mute()
      this.#socket.close(browserCloseCode(CloseCode.tooLarge), truncateCloseReason(error.message))
    }
  }

  #lookLater(): void {
    this.#looking = true
    if (this.#looks++ < QUICK_LOOKS) this.#options.clock.defer(this.#look)
    else this.#options.clock.setTimer(LOOK_INTERVAL_MS, this.#look)
  }

  readonly #look = (): void => {
    this.#looking = false
    if (this.#state.name !== "open") return
    this.#delivery.drained(this.#socket.bufferedAmount)
    if (!this.#delivery.full) this.#looks = 0
    else if (!this.#looking) this.#lookLater()
  }

  #closed(code: number, reason: string): void {
    if (this.#state.name === "closed") return
    const info = closeInfoOf(this.#state, code, reason)
    this.#state = { name: "closed" }
    this.#delivery.closed(info)
  }
}
