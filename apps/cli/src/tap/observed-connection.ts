import type { Connection, ConnectionHandler, Message } from "@luxbus/transport"

/** What is told of the messages that go over a connection. It must not throw. */
export interface ConnectionObserver {
  /** Before the message is handed to the network. */
  sent(message: Message): void
  /** Before the message is handed to the connection's owner. */
  received(message: Message): void
}

/** A connection on which everything is seen, and nothing changed. */
export class ObservedConnection implements Connection {
  readonly #inner: Connection
  readonly #observer: ConnectionObserver

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
    return this.#inner.undrainedBytes
  }

  start(handler: ConnectionHandler): void {
    this.#inner.start({
      onMessage: (message) => {
        this.#observer.received(message)
        handler.onMessage(message)
      },
      onDrain: () => handler.onDrain(),
      onClose: (info) => handler.onClose(info),
    })
  }

  send(message: Message): void {
    this.#observer.sent(message)
    this.#inner.send(message)
  }

  close(code?: number, reason?: string): void {
    this.#inner.close(code, reason)
  }

  terminate(): void {
    this.#inner.terminate()
  }
}
