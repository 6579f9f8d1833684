import type { Clock } from "@luxbus/clock"
import type { Carrier, FrameOutput, StreamEnd, StreamReader } from "@luxbus/dual-stream"
import { type BusError, type Fields, Lane, type MessageReader } from "@luxbus/packet"
import { claimAddress } from "./claim-address.ts"
import { refuseOrigin } from "./refuse-origin.ts"

/** Where a client is. */
export interface ClientPlace {
  readonly carrier: Carrier
  readonly address: number
  /** Since when it is connected there, by that broker's time of day: of two places the later one is where it is. */
  readonly sinceMs: number
}

/**
 * The writer's connection to its hosted stream: a {@link StreamReader} whose `complete` is held back until the outcome
 * is journaled, and whose address is freed once it was said.
 */
export class HostedWriter implements StreamEnd {
  readonly #clock: Clock
  readonly #reader: StreamReader
  /** Whether the journal has the outcome. */
  readonly #journaled: () => boolean
  #carrier: Carrier | undefined
  #address = 0
  #sinceMs = 0
  /** Its broker has said that its connection is away. */
  #isAway = false

  constructor(clock: Clock, reader: StreamReader, journaled: () => boolean) {
    this.#clock = clock
    this.#reader = reader
    this.#journaled = journaled
  }

  get connected(): boolean {
    return this.#carrier !== undefined
  }

  /**
   * Takes the address on a connection; frames are taken in from now on.
   * @returns false where the START is late, of a connection that the writer has left; or by a wrong clock, which is seen
   * when the other connection is lost. The writer is told to wait
   */
  bind({ carrier, address, sinceMs }: ClientPlace): boolean {
    if (this.#carrier !== undefined && this.#carrier !== carrier && !this.#isAway && sinceMs < this.#sinceMs) {
      carrier.control(address, 0, { verdict: { verdict: "wait" } })
      return false
    }
    // Should the writer be there after all.
    if (this.#carrier !== carrier || this.#address !== address) this.sendAway()
    claimAddress(carrier, address, this)
    this.#carrier = carrier
    this.#address = address
    this.#sinceMs = sinceMs
    this.#isAway = false
    return true
  }

  /** Tells the writer where the stream stands, if it is connected. */
  attach(epoch: number, incarnation: Uint8Array): void {
    const carrier = this.#carrier
    if (carrier === undefined) return
    this.#reader.attach(carrier, this.#address, epoch, incarnation)
    // The reader has bound itself.
    if (carrier.bound(this.#address) !== this) carrier.bind(this.#address, this)
    this.wake()
  }

  /** What was held back may be said. */
  wake(): void {
    this.#carrier?.wake(this.#address, Lane.control)
  }

  /** Ends the stream for the writer, who is told why, even one that has not been answered yet. */
  refuse(error: BusError): void {
    const carrier = this.#carrier
    this.#reader.refuse(error)
    if (carrier?.bound(this.#address) === this) carrier.reset(this.#address, error)
    this.#carrier = undefined
  }

  /** Leaves the connection. A writer that is there announces itself anew. */
  sendAway(): void {
    this.#carrier?.control(this.#address, 0, { verdict: { verdict: "retry" } })
    this.release()
  }

  /** Leaves the connection without a word. */
  release(): void {
    this.#free()
    this.#carrier = undefined
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (this.#reader.completed && !this.#journaled()) return false
    const more = this.#reader.pull(lane, output)
    if (lane === Lane.control && this.#reader.completed) this.#closeLater()
    return more
  }

  frame(frame: MessageReader): void {
    refuseOrigin(frame)
    this.#reader.frame(frame)
  }

  endRun(): void {
    this.#reader.endRun()
  }

  control(fields: Fields, hop: number): void {
    if (fields.suspended !== undefined) this.#isAway = true
    this.#reader.control(fields, hop)
    // Given up before it was answered: the reader has no place on the connection to leave.
    if (this.#reader.error !== undefined) this.release()
  }

  reset(error: BusError): void {
    this.#carrier = undefined
    this.#reader.reset(error)
  }

  detach(): void {
    this.#carrier = undefined
    this.#reader.detach()
  }

  /** Frees its address, unless the writer has given it to another stream meanwhile. */
  #free(): void {
    if (this.#carrier?.bound(this.#address) === this) this.#carrier.release(this.#address)
  }

  /** After the pull, which still holds the address; unless the writer has come back by then, to hear it again. */
  #closeLater(): void {
    const carrier = this.#carrier
    this.#clock.defer(() => {
      if (this.#carrier !== carrier || !this.#reader.completed) return
      this.#reader.close()
      this.release()
    })
  }
}
