/**
 * How much may be under way from a sender to its receivers, end to end: what they have not been handed yet. It bounds
 * the memory of every system alike, whether the system has backpressure of its own or not.
 */
export class SendWindow {
  readonly #size: number
  readonly #receivers: number
  #sent = 0
  #received = 0
  #wakeAt = 0
  #wake: (() => void) | undefined

  /**
   * @param size what may be under way to each receiver, in the caller's unit
   * @param receivers each gets all that is sent
   */
  constructor(size: number, receivers = 1) {
    this.#size = size
    this.#receivers = receivers
  }

  /** What all receivers together have got. */
  get received(): number {
    return this.#received
  }

  /** Whether more may be sent. */
  get isOpen(): boolean {
    return this.#sent - this.#received / this.#receivers < this.#size
  }

  /** The caller sends so much. */
  send(amount: number): void {
    this.#sent += amount
  }

  /** One receiver got so much. */
  receive(amount: number): void {
    this.#received += amount
    if (this.#wake === undefined || this.#received < this.#wakeAt) return
    const wake = this.#wake
    this.#wake = undefined
    wake()
  }

  /** Resolves when at least half of it is free: senders go on with many messages at a time, not with one. */
  halfFree(): Promise<void> {
    return this.#whenReceived((this.#sent - this.#size / 2) * this.#receivers)
  }

  /** Resolves when nothing is under way. */
  empty(): Promise<void> {
    return this.#whenReceived(this.#sent * this.#receivers)
  }

  /** One sender waits at a time. */
  #whenReceived(amount: number): Promise<void> {
    if (this.#received >= amount) return Promise.resolve()
    this.#wakeAt = amount
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
