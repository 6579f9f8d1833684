import type { Carrier, StreamEnd } from "@luxbus/dual-stream"
import { type BusError, ChannelRole, type Fields, HopFlag, type JsonObject, StreamKind } from "@luxbus/packet"
import type { TestClient } from "../test-bus.ts"

/** A client's registration: states itself, and keeps all that it is told. */
export class TestMember implements StreamEnd {
  readonly told: JsonObject[] = []
  opened = 0
  error: BusError | undefined
  readonly #client: TestClient
  readonly #seq = new Uint8Array(40)
  #fields: Fields
  #carrier!: Carrier
  #address = 0

  constructor(
    client: TestClient,
    channel: string,
    role: keyof typeof ChannelRole,
    {
      capacity,
      number = 0,
      headers,
    }: { readonly capacity?: number; readonly number?: number; readonly headers?: JsonObject } = {},
  ) {
    this.#client = client
    this.#seq.set(client.session)
    this.#seq[38] = 1
    this.#seq[39] = number
    this.#fields = {
      kind: StreamKind.register,
      name: channel,
      role: ChannelRole[role],
      seq: this.#seq,
      capacity,
      headers,
    }
    this.announce()
  }

  /** States the registration on the client's connection of now. */
  announce(): this {
    this.#carrier = this.#client.carrier
    this.#address = this.#carrier.allocate(this)
    this.#carrier.start(this.#address, { epoch: 0, hop: HopFlag.registration }, this.#fields)
    return this
  }

  /** Says something else of itself, on the same connection. */
  restate(headers: JsonObject): void {
    this.#carrier.release(this.#address)
    this.#fields = { ...this.#fields, headers }
    this.announce()
  }

  /** Says that it goes. */
  leave(): void {
    this.#carrier.reset(this.#address, { code: "closed", message: "over" } as BusError)
  }

  /** Who is in the channel, after all that was told in its order. */
  ids(): string[] {
    const ids = new Set<string>()
    for (const { members, joined, left } of this.told as {
      members?: { id: string }[]
      joined?: { id: string }
      left?: string
    }[]) {
      if (members !== undefined) ids.clear()
      for (const { id } of members ?? []) ids.add(id)
      if (joined !== undefined) ids.add(joined.id)
      if (left !== undefined) ids.delete(left)
    }
    return [...ids].sort()
  }

  control({ open, members }: Fields): void {
    if (open) this.opened++
    if (members !== undefined) this.told.push(members)
  }

  reset(error: BusError): void {
    this.error = error
  }

  pull(): boolean {
    return false
  }

  frame(): void {}
  endRun(): void {}
  detach(): void {}
}
