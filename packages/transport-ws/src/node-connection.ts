import type { Duplex } from "node:stream"
import { BusError } from "@luxbus/packet"
import {
  CloseCode,
  type Connection,
  type ConnectionHandler,
  checkCloseCode,
  checkMessageSize,
  Delivery,
  HIGH_WATER,
  INTERNAL_REASON,
  type Message,
  truncateCloseReason,
} from "@luxbus/transport"
import type { RawData, WebSocket } from "ws"
import { type ClosingState, closeInfoOf, connectionLost, inboundTooLarge } from "./closing.ts"
import { INBOUND_SLACK_BYTES } from "./dial-options.ts"

/** Settings of a {@link NodeConnection}. */
export interface NodeConnectionOptions {
  /** The stream below the WebSocket. */
  readonly stream: Duplex
  readonly remoteAddress: string
  readonly maxMessageBytes: number
}

/** The longest header of a WebSocket frame (RFC 6455 §5.2). */
const MAX_FRAME_HEADER_BYTES = 14

/**
 * Messages below this are gathered for the rest of the turn, or until they are this many bytes, and written with one
 * system call: measured, 20 of 128 bytes in a turn cost a quarter of what they cost one by one, a lone one the same.
 */
const GATHER_BYTES = 16_384

/** How long a peer that broke the rules has to take note of the close frame before the socket is destroyed. */
const FAILED_CLOSE_MS = 1_000

/** A connection over an open socket of `ws`, dialled or accepted. */
export class NodeConnection implements Connection {
  readonly remoteAddress: string
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #maxMessageBytes: number
  readonly #delivery: Delivery
  #state: ClosingState = { name: "open" }
  #gathering = false
  #releaseDue = false
  #failTimer: NodeJS.Timeout | undefined

  /** `socket` has just opened: nothing of it may have been read yet. */
  constructor(socket: WebSocket, options: NodeConnectionOptions) {
    this.#socket = socket
    this.#stream = options.stream
    this.remoteAddress = options.remoteAddress
    this.#maxMessageBytes = options.maxMessageBytes
    this.#delivery = new Delivery({
      defer: queueMicrotask,
      onFault: () => this.close(CloseCode.internal, INTERNAL_REASON),
    })
    socket.on("message", (data, isBinary) => this.#delivery.message(messageOf(data, isBinary)))
    socket.on("error", (error: Error & { readonly code?: string }) => this.#failed(error))
    socket.on("close", (code, reason) => this.#closed(code, reason.toString()))
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
    checkMessageSize(message, this.#maxMessageBytes)
    const socket = this.#socket
    const mostBytes = message.length * (typeof message === "string" ? 3 : 1) + MAX_FRAME_HEADER_BYTES
    if (mostBytes < GATHER_BYTES) this.#gather()
    // Only what fills the socket, and what comes while it is full, needs to report that it was written.
    if (this.#delivery.full || socket.bufferedAmount + mostBytes >= HIGH_WATER) socket.send(message, this.#onWritten)
    else socket.send(message)
    if (socket.bufferedAmount >= GATHER_BYTES) this.#release()
    this.#delivery.sent(socket.bufferedAmount)
  }

  close(code: number = CloseCode.normal, reason = ""): void {
    checkCloseCode(code)
    if (this.#state.name !== "open") return
    this.#state = { name: "closing", code, reason: truncateCloseReason(reason) }
    this.#delivery.mute()
    this.#socket.close(code, this.#state.reason)
  }

  terminate(): void {
    if (this.#state.name === "closed" || this.#state.name === "terminated") return
    this.#state = { name: "terminated" }
    this.#delivery.mute()
    this.#socket.terminate()
  }

  /** The owner's code threw while it took this connection over. */
  fail(cause: unknown): void {
    this.#delivery.fail(cause)
  }

  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#stream.cork()
    if (this.#releaseDue) return
    this.#releaseDue = true
    process.nextTick(this.#onTurnEnd)
  }

  #release(): void {
    if (!this.#gathering) return
    this.#gathering = false
    this.#stream.uncork()
  }

  readonly #onTurnEnd = (): void => {
    this.#releaseDue = false
    this.#release()
  }

  readonly #onWritten = (): void => {
    if (this.#state.name === "open") this.#delivery.drained(this.#socket.bufferedAmount)
  }

  #failed(cause: Error & { readonly code?: string }): void {
    if (this.#state.name !== "open" && this.#state.name !== "closing") return
    this.#state = { name: "failed", ...failureOf(cause, this.#maxMessageBytes + INBOUND_SLACK_BYTES) }
    this.#delivery.mute()
    this.#failTimer = setTimeout(() => this.#socket.terminate(), FAILED_CLOSE_MS)
  }

  #closed(code: number, reason: string): void {
    clearTimeout(this.#failTimer)
    const info = closeInfoOf(this.#state, code, reason)
    this.#state = { name: "closed" }
    this.#delivery.closed(info)
  }
}

/** `ws` hands over views of buffers that it never uses again; owners get plain Uint8Arrays, which is what they ask for. */
function messageOf(data: RawData, isBinary: boolean): Message {
  const bytes = data as Buffer
  return isBinary ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes.toString()
}

function failureOf(
  cause: Error & { readonly code?: string },
  maxBytes: number,
): { readonly code: number; readonly error: BusError } {
  switch (cause.code) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
      return { code: CloseCode.tooLarge, error: inboundTooLarge(maxBytes, cause) }
    case "WS_ERR_INVALID_UTF8":
      return { code: CloseCode.invalidText, error: new BusError("protocol", "the peer sent invalid UTF-8", { cause }) }
    default:
      return cause.code?.startsWith("WS_ERR_")
        ? { code: CloseCode.protocol, error: new BusError("protocol", "the peer broke the WebSocket rules", { cause }) }
        : { code: CloseCode.lost, error: connectionLost(cause) }
  }
}
