import type { CloseInfo, ConnectionHandler, Message } from "./connection.ts"

/** A handler for tests that keeps all it is told, in order. */
export class ConnectionRecorder implements ConnectionHandler {
  readonly messages: Message[] = []
  readonly closes: CloseInfo[] = []
  drains = 0
  /** Runs after each event was kept: to answer, or to throw. */
  readonly #react: (event: "message" | "drain" | "close") => void

  constructor(react: (event: "message" | "drain" | "close") => void = () => undefined) {
    this.#react = react
  }

  onMessage(message: Message): void {
    this.messages.push(message)
    this.#react("message")
  }

  onDrain(): void {
    this.drains++
    this.#react("drain")
  }

  onClose(info: CloseInfo): void {
    this.closes.push(info)
    this.#react("close")
  }
}
