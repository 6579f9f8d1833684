import { BusError } from "@luxbus/packet"
import { CloseCode, type CloseInfo, type Connection, type ConnectionHandler, type Message } from "@luxbus/transport"

/** What is told of the messages of one side of a connection. */
export interface ConnectionObserver {
  /** Before the message is handed to the network. */
  sent(message: Uint8Array): void
  /** Before the message is handed to this side. */
  delivered(): void
  /** The connection is over for this side. */
  closed(): void
}

/** One side of a connection, on which everything is seen, and which its owner may take for lost while it is not. */
export class WatchedConnection implements Connection {
  readonly #inner: Connection
  readonly #observer: ConnectionObserver
  #handler: ConnectionHandler | undefined
  #abandoned = false

  constructor(inner: Connection, observer: ConnectionObserver) {
    this.#inner = inner
    this.#observer = observer
  }

  get protocol(): string {
    return this.#inner.protocol
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress
  }

  get undrainedBytes(): number {
    return this.#abandoned ? 0 : this.#inner.undrainedBytes
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler
    // As it was opened, and before anybody could hear of it.
    if (this.#abandoned) queueMicrotask(() => this.#tellLost(handler))
    const ifHere = (call: () => void) => {
      if (!this.#abandoned) call()
    }
    this.#inner.start({
      onMessage: (message) =>
        ifHere(() => {
          this.#observer.delivered()
          handler.onMessage(message)
        }),
      onDrain: () => ifHere(() => handler.onDrain()),
      onClose: (info: CloseInfo) =>
        ifHere(() => {
          this.#observer.closed()
          handler.onClose(info)
        }),
    })
  }

  send(message: Message): void {
    if (this.#abandoned) return
    this.#observer.sent(message as Uint8Array)
    this.#inner.send(message)
  }

  close(code?: number, reason?: string): void {
    if (!this.#abandoned) this.#inner.close(code, reason)
  }

  terminate(): void {
    if (!this.#abandoned) this.#inner.terminate()
  }

  /** Its owner takes it for lost; what it has sent goes on to the other side, which knows of nothing. */
  abandon(): void {
    if (this.#abandoned) return
    this.#abandoned = true
    this.#observer.closed()
    if (this.#handler !== undefined) this.#tellLost(this.#handler)
  }

  #tellLost(handler: ConnectionHandler): void {
    const error = new BusError("connection_lost", "the network changed")
    handler.onClose({ code: CloseCode.lost, reason: "", error })
  }
}
