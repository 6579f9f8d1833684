import type { Carrier, StreamEnd } from "@luxbus/dual-stream"
import { BusError, type ChannelRole, type Fields, HopFlag, type JsonObject, StreamKind } from "@luxbus/packet"
import type { ClientSession } from "./client-session.ts"
import type { SessionPart } from "./session-part.ts"

/** What a registration tells its owner. Called from within the call that caused it; must not throw. */
export interface RegistrationEvents {
  /** The broker has it; again on each new connection, where members are counted anew. */
  opened(): void
  /** See `MemberView.told`. @throws BusError `protocol` */
  members(statement: JsonObject): void
  /** The broker refuses it, or the session is over. Final. */
  failed(error: BusError): void
}

/** What is registered. */
export interface RegistrationOptions {
  readonly channel: string
  readonly role: ChannelRole
  readonly capacity: number
  readonly seq: Uint8Array
  /** What it says of itself: at most 1 KiB as JSON. */
  readonly meta?: JsonObject | undefined
}

/** A client's registration in a channel, as the broker's end of it is told. */
export class ClientRegistration implements StreamEnd {
  readonly #options: RegistrationOptions
  readonly #events: RegistrationEvents
  #carrier: Carrier | undefined
  #address = 0
  #meta: JsonObject | undefined

  constructor(options: RegistrationOptions, events: RegistrationEvents) {
    this.#options = options
    this.#events = events
    this.#meta = options.meta
  }

  /** It says this of itself from now on. */
  restate(meta: JsonObject): void {
    this.#meta = meta
    const carrier = this.#carrier
    if (carrier === undefined) return
    carrier.release(this.#address)
    this.attach(carrier)
  }

  /** States it on a connection: the first time, or again. */
  attach(carrier: Carrier): void {
    const { channel: name, role, capacity, seq } = this.#options
    this.#carrier = carrier
    this.#address = carrier.allocate(this)
    const fields = { kind: StreamKind.register, name, role, capacity, seq, headers: this.#meta }
    carrier.start(this.#address, { epoch: 0, hop: HopFlag.registration }, fields)
  }

  /** Says that it goes. @returns false where there is no connection to say it on */
  leave(): boolean {
    if (this.#carrier === undefined) return false
    this.#carrier.reset(this.#address, new BusError("closed", "The channel was closed."))
    this.#carrier = undefined
    return true
  }

  /** It is over, as its session is, or as the broker refuses it. */
  fail(error: BusError): void {
    this.#carrier = undefined
    this.#events.failed(error)
  }

  control({ open, members }: Fields): void {
    if (open) this.#events.opened()
    if (members !== undefined) this.#events.members(members)
  }

  reset(error: BusError): void {
    this.fail(error)
  }

  detach(): void {
    this.#carrier = undefined
  }

  pull(): boolean {
    return false
  }

  frame(): void {
    throw new BusError("protocol", "A registration has no chunks.")
  }

  endRun(): void {}
}

/** The registrations of one session: repeated on each connection. */
export class Registrations implements SessionPart {
  readonly #session: ClientSession
  readonly #all = new Set<ClientRegistration>()
  /** Closed while there was no connection: the broker, which may know of them, is told on the next one. */
  readonly #leaving = new Set<ClientRegistration>()

  /** @throws BusError `closed`, or what ended the session */
  constructor(session: ClientSession) {
    this.#session = session
    session.addPart(this)
  }

  get activeCount(): number {
    return this.#all.size + this.#leaving.size
  }

  /** @throws BusError `closed`, or what ended the session */
  add(registration: ClientRegistration): void {
    const carrier = this.#session.carrier()
    this.#all.add(registration)
    if (carrier !== undefined) registration.attach(carrier)
  }

  /** It is over: the broker is told, unless it has said so. */
  remove(registration: ClientRegistration): void {
    if (this.#all.delete(registration) && !registration.leave()) this.#leaving.add(registration)
  }

  attach(carrier: Carrier): void {
    for (const registration of this.#leaving) {
      registration.attach(carrier)
      registration.leave()
    }
    this.#leaving.clear()
    for (const registration of this.#all) registration.attach(carrier)
  }

  detached(): void {}

  close(error: BusError): void {
    const all = [...this.#all]
    this.#all.clear()
    this.#leaving.clear()
    for (const registration of all) registration.fail(error)
  }
}
