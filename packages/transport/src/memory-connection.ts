import type { Clock, Timer } from "@luxbus/clock"
import { BusError } from "@luxbus/packet"
import { CloseCode, checkCloseCode, truncateCloseReason } from "./close-code.ts"
import type { Connection, ConnectionHandler, Message } from "./connection.ts"
import { Delivery, INTERNAL_REASON } from "./delivery.ts"
import type { MemoryPipe } from "./memory-pipe.ts"
import { checkMessageSize, messageBytes } from "./message.ts"

/** What travels between the two sides of a link in memory. */
export type MemorySignal =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "close-reply" }
  | { readonly kind: "lost" }

/** Settings of one side of a link in memory. */
export interface MemoryConnectionOptions {
  readonly clock: Clock
  readonly protocol: string
  readonly maxMessageBytes: number
  /** Towards the peer. */
  readonly outgoing: () => MemoryPipe<MemorySignal>
}

/** How long a peer's answer to a close is waited for: as long as `ws` waits. */
const CLOSE_TIMEOUT_MS = 30_000

type State =
  | { readonly name: "open" }
  | { readonly name: "closing"; readonly code: number; readonly reason: string }
  | { readonly name: "closed" }

/** One side of a link in memory. */
export class MemoryConnection implements Connection {
  readonly remoteAddress = "memory"
  readonly #options: MemoryConnectionOptions
  readonly #delivery: Delivery
  #state: State = { name: "open" }
  #closeTimer: Timer | undefined

  constructor(options: MemoryConnectionOptions) {
    this.#options = options
    this.#delivery = new Delivery({
      defer: (callback) => options.clock.defer(callback),
      onFault: () => this.close(CloseCode.internal, INTERNAL_REASON),
    })
  }

  get protocol(): string {
    return this.#options.protocol
  }

  get undrainedBytes(): number {
    return this.#state.name === "closed" ? 0 : this.#outgoing.queuedBytes
  }

  start(handler: ConnectionHandler): void {
    this.#delivery.start(handler)
  }

  send(message: Message): void {
    if (this.#state.name !== "open") return
    checkMessageSize(message, this.#options.maxMessageBytes)
    this.#outgoing.push({ kind: "message", message }, messageBytes(message))
    this.#delivery.sent(this.#outgoing.queuedBytes)
  }

  close(code: number = CloseCode.normal, reason = ""): void {
    checkCloseCode(code)
    if (this.#state.name !== "open") return
    this.#state = { name: "closing", code, reason: truncateCloseReason(reason) }
    this.#delivery.mute()
    this.#outgoing.push({ kind: "close", code, reason: this.#state.reason }, 0)
    this.#closeTimer = this.#options.clock.setTimer(CLOSE_TIMEOUT_MS, () => this.terminate())
  }

  terminate(): void {
    if (this.#state.name === "closed") return
    this.#close()
    this.#delivery.mute()
    this.#outgoing.truncate(0)
    this.#outgoing.push({ kind: "lost" }, 0)
    this.#options.clock.defer(() => this.#delivery.closed({ code: CloseCode.lost, reason: "terminated" }))
  }

  /** The owner's code threw while it took this connection over. */
  fail(cause: unknown): void {
    this.#delivery.fail(cause)
  }

  /** Takes what the peer's pipe delivers. */
  receive(signal: MemorySignal): void {
    if (this.#state.name === "closed") return
    switch (signal.kind) {
      case "message":
        this.#delivery.message(signal.message)
        break
      case "close-reply":
        this.#finishClosing()
        break
      case "close":
        if (this.#state.name === "closing") this.#finishClosing()
        else this.#closedByPeer(signal.code, signal.reason)
        break
      case "lost":
        this.#lost()
        break
    }
  }

  /** Tells the owner that the peer took something. */
  drained(): void {
    if (this.#state.name === "open") this.#delivery.drained(this.#outgoing.queuedBytes)
  }

  #close(): void {
    this.#state = { name: "closed" }
    this.#closeTimer?.cancel()
  }

  get #outgoing(): MemoryPipe<MemorySignal> {
    return this.#options.outgoing()
  }

  #finishClosing(): void {
    if (this.#state.name !== "closing") return
    const { code, reason } = this.#state
    this.#close()
    this.#delivery.closed({ code, reason })
  }

  #closedByPeer(code: number, reason: string): void {
    this.#close()
    this.#outgoing.truncate(0)
    this.#outgoing.push({ kind: "close-reply" }, 0)
    this.#delivery.closed({ code, reason })
  }

  #lost(): void {
    // What the link still carries towards the peer arrives: a cut decides for each direction what is lost.
    this.#close()
    const error = new BusError("connection_lost", "the connection ended without a closing handshake")
    this.#delivery.closed({ code: CloseCode.lost, reason: "", error })
  }
}
