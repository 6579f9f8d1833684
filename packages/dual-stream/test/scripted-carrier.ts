import type { BusError, DataLane, Fields, Lane } from "@luxbus/packet"
import type { Carrier, StartHeader, StreamEnd } from "../src/index.ts"
import { RecordingOutput } from "./frames.ts"

/** A carrier that moves nothing: it keeps what its streams do, and the test plays the other side. */
export class ScriptedCarrier implements Carrier {
  readonly starts: { address: number; epoch: number; fields: Fields }[] = []
  readonly controls: { address: number; fields: Fields }[] = []
  readonly resets: { address: number; code: string }[] = []
  readonly ends = new Map<number, StreamEnd>()
  readonly woken = new Set<Lane>()
  #nextAlias = 1

  allocate(end: StreamEnd): number {
    this.ends.set(this.#nextAlias, end)
    return this.#nextAlias++
  }

  bind(address: number, end: StreamEnd): void {
    this.ends.set(address, end)
  }

  bound(address: number): StreamEnd | undefined {
    return this.ends.get(address)
  }

  release(address: number): void {
    this.ends.delete(address)
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    this.starts.push({ address, epoch: header.epoch, fields })
  }

  control(address: number, _hop: number, fields: Fields): void {
    this.controls.push({ address, fields })
  }

  wake(_address: number, lane: Lane): void {
    this.woken.add(lane)
  }

  send(_lane: DataLane, _frames: Uint8Array, _cost: number): boolean {
    return false
  }

  share(_lane: DataLane, _frames: Uint8Array, _cost: number): boolean {
    return false
  }

  onRoom(): void {}

  reset(address: number, error: BusError): void {
    this.resets.push({ address, code: error.code })
    this.release(address)
  }

  /** Pulls every lane that was woken, control first, and gives what was written. */
  pull(): RecordingOutput {
    const output = new RecordingOutput()
    for (const lane of [3, 2, 1] as const) {
      if (!this.woken.delete(lane)) continue
      for (const end of this.ends.values()) end.pull(lane, output)
    }
    return output
  }
}
