import type { Clock, Timer } from "@luxbus/clock"

/** Until what was not acknowledged is sent again. Constant: there is little of it, and it holds back what follows. */
const RESEND_MS = 250
/**
 * How long a broker may leave a message of control unacknowledged: so short that a reader which asks for a hole meanwhile
 * hears of the silence before it gives up, so long that twelve repetitions are not all lost.
 */
const SILENCE_MS = 3_000
/** Messages that may wait for an acknowledgement, or for one that was overtaken: of 64 KiB each, 16 MiB. */
const MAX_WAITING = 256

export interface ControlChannelComponents {
  readonly clock: Clock
  readonly events: ControlChannelEvents
}

export interface ControlChannelEvents {
  /** Send this, with its number. */
  transmit(seq: number, frames: Uint8Array): void
  /** The next message of the other side's, each once and in order. */
  deliver(frames: Uint8Array): void
  /** The other side acknowledges nothing any more. Final. */
  dead(): void
}

/**
 * Messages that must all arrive, in order, over a backplane that promises neither: STARTs and statements, which are few
 * and small. Each is sent again every {@link RESEND_MS} until it is acknowledged.
 */
export class ControlChannel {
  readonly #clock: Clock
  readonly #events: ControlChannelEvents
  /** What was sent and not acknowledged, by number, in order. */
  readonly #sent = new Map<number, { readonly frames: Uint8Array; readonly atMs: number }>()
  /** What has overtaken others, by number. */
  readonly #ahead = new Map<number, Uint8Array>()
  #nextSeq = 1
  #delivered = 0
  #timer: Timer | undefined
  #closed = false

  constructor(components: ControlChannelComponents) {
    this.#clock = components.clock
    this.#events = components.events
  }

  /** The number up to which everything has arrived here. */
  get ack(): number {
    return this.#delivered
  }

  /** Messages that were sent, of which it is not known that they have arrived. */
  get waitingCount(): number {
    return this.#sent.size
  }

  /** Whether everything that was sent has arrived. */
  get idle(): boolean {
    return this.#sent.size === 0
  }

  send(frames: Uint8Array): void {
    if (this.#closed) return
    const seq = this.#nextSeq++
    this.#sent.set(seq, { frames, atMs: this.#clock.now() })
    this.#events.transmit(seq, frames)
    if (this.#sent.size > MAX_WAITING) this.#clock.defer(() => this.#die())
    else this.#timer ??= this.#clock.setTimer(RESEND_MS, () => this.#resend())
  }

  /** A message of the other side's has come, perhaps again. */
  received(seq: number, frames: Uint8Array): void {
    if (seq <= this.#delivered || seq > this.#delivered + MAX_WAITING) return
    this.#ahead.set(seq, frames)
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) this.#events.deliver(next)
  }

  /** The other side has everything up to `ack`. */
  acknowledged(ack: number): void {
    for (const seq of this.#sent.keys()) {
      if (seq > ack) break
      this.#sent.delete(seq)
    }
    if (this.#sent.size === 0) this.#stopTimer()
  }

  close(): void {
    this.#closed = true
    this.#stopTimer()
    this.#sent.clear()
    this.#ahead.clear()
  }

  #takeNext(): Uint8Array | undefined {
    if (this.#closed) return undefined
    const frames = this.#ahead.get(this.#delivered + 1)
    if (frames === undefined) return undefined
    this.#delivered++
    this.#ahead.delete(this.#delivered)
    return frames
  }

  #resend(): void {
    this.#timer = undefined
    const [oldest] = this.#sent.values()
    if (oldest === undefined) return
    if (this.#clock.now() - oldest.atMs >= SILENCE_MS) {
      this.#die()
      return
    }
    this.#timer = this.#clock.setTimer(RESEND_MS, () => this.#resend())
    for (const [seq, { frames }] of this.#sent) this.#events.transmit(seq, frames)
  }

  #die(): void {
    if (this.#closed) return
    this.close()
    this.#events.dead()
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
