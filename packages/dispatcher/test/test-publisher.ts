import type { Carrier, FrameOutput, StreamEnd } from "@luxbus/dual-stream"
import { type BusError, type Fields, type JsonObject, Lane, StreamKind } from "@luxbus/packet"
import type { FakeCarrier } from "./fake-carrier.ts"
import { encode } from "./text.ts"

/** A client's publishing on one subject with receipts: it repeats, on each connection, from the number it is told to. */
export class TestPublisher implements StreamEnd {
  readonly #subject: string
  readonly #seq: Uint8Array
  /** Each a message of one chunk, but where its flags say more; its index is its number. */
  readonly #chunks: { readonly data: Uint8Array; readonly flags: number }[] = []
  #carrier: Carrier | undefined
  #address = 0
  #next = 0
  /** Everything that receipts said, in order. */
  readonly receipts: JsonObject[] = []
  /** The statements that they came in. */
  readonly statements: JsonObject[] = []
  error: BusError | undefined

  constructor(subject: string, seq: Uint8Array) {
    this.#subject = subject
    this.#seq = seq
  }

  /** @param first the lowest number that it still holds */
  start(carrier: FakeCarrier, first = 0, extra: Fields = { receipts: true }): void {
    this.#carrier = carrier
    this.#address = carrier.allocate(this)
    this.#next = first
    const fields = { kind: StreamKind.publish, name: this.#subject, seq: this.#seq, mainFirst: first, ...extra }
    carrier.start(this.#address, { epoch: 0 }, fields)
    carrier.wake(this.#address, Lane.main)
  }

  publish(...texts: readonly string[]): void {
    for (const text of texts) this.publishChunk(encode(text))
  }

  publishChunk(data: Uint8Array, flags = 0): void {
    this.#chunks.push({ data, flags })
    this.#carrier?.wake(this.#address, Lane.main)
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.main) return false
    for (let chunk = this.#chunks[this.#next]; chunk !== undefined; chunk = this.#chunks[this.#next]) {
      if (output.room <= 0) return true
      output.chunk(lane, chunk.flags, 0, this.#next++, chunk.data)
    }
    return false
  }

  control({ receipt }: Fields): void {
    if (receipt === undefined) return
    this.statements.push(receipt)
    this.receipts.push(...(receipt["receipts"] as JsonObject[]))
  }

  reset(error: BusError): void {
    this.error = error
  }

  detach(): void {
    this.#carrier = undefined
  }

  frame(): void {
    throw new Error("nobody writes to a publisher")
  }

  endRun(): void {}
}
