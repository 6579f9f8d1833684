import { BusError } from "@luxbus/packet"
import { CloseCode } from "./close-code.ts"
import { type CloseInfo, type ConnectionHandler, HIGH_WATER, LOW_WATER, type Message } from "./connection.ts"

/** The close reason that a peer sees when a handler threw: it says nothing about the inside. */
export const INTERNAL_REASON = "internal error"

/** What a {@link Delivery} needs of its connection. */
export interface DeliveryOptions {
  /** Calls back soon, never before it returns: a microtask, or the end of the turn. */
  readonly defer: (callback: () => void) => void
  /** The handler threw: the connection is to close with 1011 and, once it has, to call `closed()`. */
  readonly onFault: (error: BusError) => void
}

/**
 * Delivers one connection's events to its handler as the contract of `Connection` says: nothing before `start()`
 * returns and nothing lost by that, `onDrain` between the two water marks, `onClose` once and last, and a handler that
 * throws ends its connection and nothing else. A transport reports what happens and keeps none of this itself.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #handler: ConnectionHandler | undefined
  /** What came before the handler could take it; undefined once it can. */
  #early: Message[] | undefined = []
  #full = false
  /** It drained before the handler could be told. */
  #drainDue = false
  #muted = false
  #fault: BusError | undefined
  #close: CloseInfo | undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** @throws BusError `invalid_state` when called twice */
  start(handler: ConnectionHandler): void {
    if (this.#handler !== undefined) {
      throw new BusError("invalid_state", "the connection was started already", { details: { state: "started" } })
    }
    this.#handler = handler
    this.#options.defer(() => this.#release())
  }

  /** A whole message came in. */
  message(message: Message): void {
    if (this.#muted) return
    if (this.#early !== undefined) {
      this.#early.push(message)
      return
    }
    try {
      this.#handler?.onMessage(message)
    } catch (cause) {
      this.fail(cause)
    }
  }

  /** Whether `undrainedBytes` reached HIGH_WATER and has not fallen below LOW_WATER since. */
  get full(): boolean {
    return this.#full
  }

  /** `undrainedBytes` grew. */
  sent(undrainedBytes: number): void {
    if (undrainedBytes < HIGH_WATER) return
    this.#full = true
    this.#drainDue = false
  }

  /** `undrainedBytes` shrank. */
  drained(undrainedBytes: number): void {
    if (!this.#full || this.#muted || undrainedBytes >= LOW_WATER) return
    if (this.#early !== undefined) {
      this.#drainDue = true
      return
    }
    this.#full = false
    try {
      this.#handler?.onDrain()
    } catch (cause) {
      this.fail(cause)
    }
  }

  /** The owner is closing the connection: only `onClose` is delivered from here on. */
  mute(): void {
    this.#muted = true
  }

  /** The owner's code threw: the connection is to close, and `onClose` will carry this as `internal`. */
  fail(cause: unknown): void {
    if (this.#fault !== undefined) return
    this.#muted = true
    this.#fault = new BusError("internal", "a handler of the connection threw", { cause })
    if (this.#close === undefined) this.#options.onFault(this.#fault)
  }

  /** The connection is over. Only the first call counts; call it from an event, never from within a call of the owner. */
  closed(info: CloseInfo): void {
    if (this.#close !== undefined) return
    this.#close = info
    if (this.#early === undefined) this.#reportClose(info)
  }

  #release(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) this.message(message)
    if (this.#drainDue) this.drained(0)
    if (this.#close !== undefined) this.#reportClose(this.#close)
  }

  #reportClose(info: CloseInfo): void {
    this.#muted = true
    const error = this.#fault
    try {
      this.#handler?.onClose(error === undefined ? info : { code: CloseCode.internal, reason: INTERNAL_REASON, error })
    } catch {
      // The last call there is: nobody is left to tell.
    }
  }
}
