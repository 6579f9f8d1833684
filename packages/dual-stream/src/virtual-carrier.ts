import type { Clock, Timer } from "@luxbus/clock"
import {
  AliasBit,
  BusError,
  type DataLane,
  type Fields,
  FrameType,
  type FullHeader,
  Lane,
  LIMITS,
  MessageReader,
  MessageWriter,
} from "@luxbus/packet"
import type { BrokerCarrier, FrameOutput, StartHeader, StreamEnd } from "./carrier.ts"

/** What a side of a virtual link does with what is not bound to a stream. A BusError that is thrown resets that stream. */
export interface VirtualHandlers {
  /** The other side starts a stream; `address` is where its reader binds. */
  started?(carrier: VirtualCarrier, address: number, header: FullHeader, fields: Fields): void
  /** A statement about the connection itself. */
  connection?(carrier: VirtualCarrier, fields: Fields): void
}

const LANES = [Lane.control, Lane.error, Lane.main] as const

/** One side of a virtual link. */
export class VirtualCarrier implements BrokerCarrier {
  readonly #clock: Clock
  readonly #send: (message: Uint8Array) => void
  readonly #bytesPerMs: number
  readonly #handlers: VirtualHandlers
  readonly #ends = new Map<number, StreamEnd>()
  readonly #woken: Readonly<Record<Lane, Set<number>>> = { 1: new Set(), 2: new Set(), 3: new Set() }
  readonly #passing: Readonly<Record<DataLane, Uint8Array[]>> = { 1: [], 2: [] }
  readonly #reader = new MessageReader()
  readonly #writer = new MessageWriter()
  readonly #output: FrameOutput
  #pullAddress = 0
  #roomCallbacks: (() => void)[] = []
  #nextAlias = 1
  #flushPlanned = false
  #pause: Timer | undefined
  #full = false
  #closed = false

  constructor(clock: Clock, send: (message: Uint8Array) => void, bytesPerMs: number, handlers: VirtualHandlers) {
    this.#clock = clock
    this.#send = send
    this.#bytesPerMs = bytesPerMs
    this.#handlers = handlers
    this.#output = this.#makeOutput()
  }

  /** Addresses that are bound: what a leak test counts back to zero. */
  get boundCount(): number {
    return this.#ends.size
  }

  /** While full, nothing leaves: `send` and `share` take nothing and no end is pulled from. */
  set full(full: boolean) {
    this.#full = full
    if (full) return
    for (const callback of this.#roomCallbacks.splice(0)) callback()
    this.#planFlush()
  }

  allocate(end: StreamEnd): number {
    const alias = this.#nextAlias++
    this.#ends.set(alias, end)
    return alias
  }

  bind(address: number, end: StreamEnd): void {
    this.#ends.set(address, end)
  }

  bound(address: number): StreamEnd | undefined {
    return this.#ends.get(address)
  }

  release(address: number): void {
    this.#ends.delete(address)
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    if (this.#closed) return
    this.#writer.start(header, { ...fields, alias: address })
    this.#planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    if (this.#closed) return
    this.#writer.control(address, hop, fields)
    this.#planFlush()
  }

  wake(address: number, lane: Lane): void {
    if (this.#closed) return
    this.#woken[lane].add(address)
    this.#planFlush()
  }

  send(_address: number, lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    if (this.#closed || this.#full) return false
    this.#passing[lane].push(frames)
    this.#planFlush()
    return true
  }

  share(_lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    if (this.#closed || this.#full || this.#hasWork || this.#pause !== undefined) return false
    this.#transmit(frames)
    return true
  }

  onRoom(callback: () => void): void {
    this.#roomCallbacks.push(callback)
  }

  reset(address: number, error: BusError): void {
    const { code, message } = error
    this.control(address, 0, { cancel: { code, message } })
    this.release(address)
  }

  /** The connection is gone: every end that is bound hears so. */
  close(): void {
    this.#closed = true
    this.#pause?.cancel()
    const ends = new Set(this.#ends.values())
    this.#ends.clear()
    for (const end of ends) end.detach()
  }

  /** Takes in one message of the other side. */
  receive(message: Uint8Array): void {
    const reader = this.#reader
    let runAddress = 0
    let runLane: Lane = Lane.control
    reader.load(message)
    while (reader.next()) {
      const address = (reader.alias ^ AliasBit.receiver) >>> 0
      const isData = reader.compact && reader.lane !== Lane.control
      if (runLane !== Lane.control && (!isData || address !== runAddress || reader.lane !== runLane)) {
        this.#guarded(runAddress, (end) => end.endRun())
      }
      runAddress = address
      runLane = isData ? reader.lane : Lane.control
      if (isData) this.#guarded(address, (end) => end.frame(reader))
      else this.#receiveOther(reader, address)
    }
    if (runLane !== Lane.control) this.#guarded(runAddress, (end) => end.endRun())
  }

  get #hasWork(): boolean {
    return this.#writer.length > 0 || LANES.some((lane) => this.#woken[lane].size > 0) || this.#hasPassing
  }

  get #hasPassing(): boolean {
    return this.#passing[Lane.main].length + this.#passing[Lane.error].length > 0
  }

  #receiveOther(reader: MessageReader, address: number): void {
    const fields = reader.fields()
    if (reader.type === FrameType.start) {
      const bindTo = ((fields.alias ?? 0) ^ AliasBit.receiver) >>> 0
      this.#orReset(bindTo, () => {
        if (this.#handlers.started === undefined) throw new BusError("unsupported", "This side takes no streams.")
        this.#handlers.started(this, bindTo, reader.full(), fields)
      })
    } else if (reader.alias === 0) {
      this.#handlers.connection?.(this, fields)
    } else {
      this.#guarded(address, (end) => end.control(fields, reader.hop))
    }
  }

  /** Frames for addresses that nobody holds any more are dropped. */
  #guarded(address: number, call: (end: StreamEnd) => void): void {
    const end = this.#ends.get(address)
    if (end !== undefined) this.#orReset(address, () => call(end))
  }

  #orReset(address: number, call: () => void): void {
    try {
      call()
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      const end = this.#ends.get(address)
      this.reset(address, error)
      end?.reset(error)
    }
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#closed || this.#full || this.#pause !== undefined) return
    this.#flushPlanned = true
    this.#clock.defer(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    while (!this.#closed && !this.#full && this.#pause === undefined && this.#hasWork) {
      for (const lane of LANES) {
        if (lane !== Lane.control) this.#pass(lane)
        this.#pullLane(lane)
      }
      if (this.#writer.length > 0) this.#transmit(this.#writer.take())
    }
  }

  #pass(lane: DataLane): void {
    const queue = this.#passing[lane]
    while (this.#output.room > 0 && queue.length > 0) this.#writer.append(queue.shift()!)
  }

  /** Ends take turns: one that has more goes to the back. */
  #pullLane(lane: Lane): void {
    const woken = this.#woken[lane]
    for (const address of woken) {
      if (this.#output.room <= 0) return
      woken.delete(address)
      this.#pullAddress = address
      if (this.#ends.get(address)?.pull(lane, this.#output)) woken.add(address)
    }
  }

  #transmit(message: Uint8Array): void {
    this.#send(message)
    const pauseMs = message.length / this.#bytesPerMs
    if (pauseMs === 0) return
    this.#pause = this.#clock.setTimer(pauseMs, () => {
      this.#pause = undefined
      this.#planFlush()
    })
  }

  #makeOutput(): FrameOutput {
    const writer = this.#writer
    const address = () => this.#pullAddress
    return {
      get room() {
        return LIMITS.flushBytes - writer.length
      },
      chunk: (lane, flags, hop, number, data, fields) =>
        writer.chunk(address(), lane, flags, hop, number, data, fields),
      end: (lane, flags, hop, number, data, fields) => writer.end(address(), lane, flags, hop, number, data, fields),
      control: (hop, fields) => writer.control(address(), hop, fields),
      frames: (_lane, frames) => writer.append(frames),
    }
  }
}
