import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier, FrameOutput, StartHeader, StreamEnd } from "@luxbus/dual-stream"
import {
  AliasBit,
  BusError,
  type DataLane,
  type Fields,
  FrameType,
  type FullHeader,
  Lane,
  MessageReader,
  MessageWriter,
} from "@luxbus/packet"

const MESSAGE_BYTES = 64 * 1024
/** How many bytes of passed frames a carrier queues while it is full. */
const PASSING_BYTES = 256 * 1024

interface Binding {
  readonly address: number
  readonly end: StreamEnd
  readonly ready: Set<Lane>
}

export interface CarrierHandler {
  started(alias: number, header: FullHeader, fields: Fields): void
  control(fields: Fields): void
}

/**
 * One side of a connection that moves real encoded messages, at the end of the turn. `full` stands for a transport that
 * takes nothing; `cut` loses what is on its way.
 */
export class FakeCarrier implements BrokerCarrier {
  readonly #clock: Clock
  readonly #role: "client" | "broker"
  readonly #bindings = new Map<number, Binding>()
  readonly #writer = new MessageWriter()
  readonly #reader = new MessageReader()
  #queued: { readonly lane: DataLane; readonly frames: Uint8Array }[] = []
  #onRoom: (() => void)[] = []
  #outbox: Uint8Array[] = []
  #nextAlias = 1
  #flushPlanned = false
  #full = false
  #cut = false
  peer: FakeCarrier | undefined
  handler: CarrierHandler | undefined
  /** Every message that was sent, as it was. */
  readonly sent: Uint8Array[] = []
  /** Buffers that were shared. */
  readonly shared: Uint8Array[] = []
  /** Every statement of a stream that came in, and the chunks between them as their numbers. */
  readonly received: (Fields | number)[] = []

  constructor(clock: Clock, role: "client" | "broker") {
    this.#clock = clock
    this.#role = role
  }

  get boundCount(): number {
    return this.#bindings.size
  }

  get isCut(): boolean {
    return this.#cut
  }

  set full(full: boolean) {
    this.#full = full
    if (!full) this.#planFlush()
  }

  allocate(end: StreamEnd): number {
    while (this.#bindings.has(this.#nextAlias)) this.#nextAlias++
    const alias = this.#nextAlias++
    this.bind(alias, end)
    return alias
  }

  bind(address: number, end: StreamEnd): void {
    this.#bindings.set(address >>> 0, { address: address >>> 0, end, ready: new Set() })
  }

  bound(address: number): StreamEnd | undefined {
    return this.#bindings.get(address >>> 0)?.end
  }

  release(address: number): void {
    this.#bindings.delete(address >>> 0)
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    const { epoch, hop = 0, deadlineMs } = header
    this.#writer.start({ epoch, hop, ...(deadlineMs !== undefined && { deadlineMs }) }, { ...fields, alias: address })
    this.#planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    this.#writer.control(address, hop, fields)
    this.#planFlush()
  }

  wake(address: number, lane: Lane): void {
    this.#bindings.get(address >>> 0)?.ready.add(lane)
    this.#planFlush()
  }

  send(_address: number, lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    const queuedBytes = this.#queued.reduce((sum, { frames }) => sum + frames.length, 0)
    if (this.#cut || queuedBytes + frames.length > PASSING_BYTES) return false
    this.#queued.push({ lane, frames })
    this.#planFlush()
    return true
  }

  share(_lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    if (this.#cut || this.#full) return false
    this.#flush()
    if (this.#writer.length > 0 || this.#queued.length > 0) return false
    if ([...this.#bindings.values()].some(({ ready }) => ready.size > 0)) return false
    this.shared.push(frames)
    // The peer's buffers are its own; on a network they would have been copied.
    this.#transmit(frames)
    return true
  }

  onRoom(callback: () => void): void {
    this.#onRoom.push(callback)
  }

  reset(address: number, error: BusError): void {
    const { code, message } = error
    if (this.#role === "client") this.#writer.control(address, 0, { cancel: { code, message } })
    else this.#writer.full(FrameType.error, {}, { alias: address, code, text: message, details: { ...error.details } })
    this.release(address)
    this.#planFlush()
  }

  /** The connection is lost, in both directions, with what was on its way. */
  cut(): void {
    this.lose()
    this.peer?.lose()
  }

  lose(): void {
    if (this.#cut) return
    this.#cut = true
    this.#outbox = []
    this.#queued = []
    const bindings = [...this.#bindings.values()]
    this.#bindings.clear()
    for (const { end } of bindings) end.detach()
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#cut) return
    this.#flushPlanned = true
    this.#clock.defer(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    for (let before = -1; !this.#full && !this.#cut && before !== this.sent.length; ) {
      before = this.sent.length
      this.#pull(Lane.control)
      this.#pullData(Lane.error)
      this.#pullData(Lane.main)
      if (this.#writer.length > 0) this.#transmit(this.#writer.take())
    }
    if (this.#full || this.#cut) return
    for (const callback of this.#onRoom.splice(0)) callback()
  }

  #pullData(lane: DataLane): void {
    for (const { frames } of this.#queued.filter((queued) => queued.lane === lane)) this.#writer.append(frames)
    this.#queued = this.#queued.filter((queued) => queued.lane !== lane)
    this.#pull(lane)
  }

  #pull(lane: Lane): void {
    for (const binding of [...this.#bindings.values()]) {
      if (!binding.ready.has(lane)) continue
      if (this.#writer.length >= MESSAGE_BYTES) return
      binding.ready.delete(lane)
      const again = binding.end.pull(lane, this.#output(binding.address))
      if (again && this.#bindings.get(binding.address) === binding) binding.ready.add(lane)
    }
  }

  #output(address: number): FrameOutput {
    const writer = this.#writer
    return {
      get room() {
        return MESSAGE_BYTES - writer.length
      },
      chunk: (...frame) => writer.chunk(address, ...frame),
      end: (...frame) => writer.end(address, ...frame),
      control: (hop, fields) => writer.control(address, hop, fields),
      frames: (_lane, frames) => writer.append(frames),
    }
  }

  #transmit(message: Uint8Array): void {
    this.sent.push(message)
    this.#outbox.push(message)
    this.#clock.defer(() => {
      const next = this.#outbox.shift()
      if (next !== undefined) this.peer?.receive(next.slice())
    })
  }

  /** Takes a message in, as its peer or a test made it. */
  receive(message: Uint8Array): void {
    if (this.#cut) return
    const reader = this.#reader
    reader.load(message)
    let run: Binding | undefined
    let runLane: Lane = Lane.control
    const endRun = () => {
      const ended = run
      run = undefined
      if (ended !== undefined && this.#bindings.get(ended.address) === ended) {
        this.#guarded(ended, () => ended.end.endRun())
      }
    }
    while (reader.next()) {
      const address = (reader.alias ^ AliasBit.receiver) >>> 0
      if (!reader.compact || reader.lane === Lane.control) {
        endRun()
        this.#dispatchOther(reader, address)
        continue
      }
      this.received.push(reader.number)
      if (run?.address !== address || runLane !== reader.lane || this.#bindings.get(address) !== run) {
        endRun()
        run = this.#bindings.get(address)
        runLane = reader.lane
      }
      const binding = run
      if (binding !== undefined && !this.#guarded(binding, () => binding.end.frame(reader))) run = undefined
    }
    endRun()
  }

  #guarded(binding: Binding, call: () => void): boolean {
    try {
      call()
      return true
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.reset(binding.address, error)
      binding.end.reset(error)
      return false
    }
  }

  #dispatchOther(reader: MessageReader, address: number): void {
    const fields = reader.fields()
    if (reader.compact && reader.alias === 0) {
      this.handler?.control(fields)
    } else if (reader.compact) {
      this.received.push(fields)
      const binding = this.#bindings.get(address)
      if (binding !== undefined) this.#guarded(binding, () => binding.end.control(fields, reader.hop))
    } else if (reader.type === FrameType.start) {
      this.handler?.started(fields.alias ?? 0, reader.full(), fields)
    } else if (fields.alias !== undefined) {
      const resetAddress = (fields.alias ^ AliasBit.receiver) >>> 0
      const binding = this.#bindings.get(resetAddress)
      if (binding === undefined) return
      this.release(resetAddress)
      const { code = "internal", text = "", details = {} } = fields
      binding.end.reset(BusError.fromJSON({ code, message: text, details }))
    }
  }
}

/** Two carriers, joined back to back. */
export function carrierPair(clock: Clock): { readonly client: FakeCarrier; readonly broker: FakeCarrier } {
  const client = new FakeCarrier(clock, "client")
  const broker = new FakeCarrier(clock, "broker")
  client.peer = broker
  broker.peer = client
  return { client, broker }
}
