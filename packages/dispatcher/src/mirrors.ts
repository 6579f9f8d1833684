import type { Clock } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import { BusError, type JsonObject, type JsonValue } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { BrokerAliases } from "./broker-aliases.ts"
import type { Cluster } from "./cluster/cluster.ts"
import type { Place } from "./cluster/directory.ts"
import { Mirror } from "./mirror.ts"
import type { ReadableStream } from "./readable-stream.ts"
import type { StreamLog } from "./stream-log.ts"
import { Waiters } from "./waiters.ts"
import { whenSettled } from "./when-settled.ts"

export interface MirrorsComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly aliases: BrokerAliases
  readonly cluster: Cluster
  readonly events: MirrorsEvents
}

interface MirrorsEvents {
  /** Makes room for one more. @throws BusError `rate_limited`, `going_away` */
  admit(): void
  /** The rings hold so many bytes more, or less. */
  grew(bytes: number): void
  /** A stream can be attached to. */
  appeared(stream: ReadableStream): void
  /** A stream that was found cannot be attached to. */
  failed(name: string, error: BusError): void
  /** Whether somebody waits for a stream of this name. */
  awaits(name: string): boolean
}

interface Search {
  found(place: Place | undefined): void
  failed(error: BusError): void
}

/** What this broker's clients read of streams that other brokers host, by name. */
export class Mirrors {
  readonly #components: MirrorsComponents
  readonly #options: { readonly windowMs: number; readonly ringBytes: number }
  /** The latest of each name. */
  readonly #byName = new Map<string, Mirror>()
  /** Every one that is kept, also for the readers of a stream whose name is another's now. */
  readonly #kept = new Set<Mirror>()
  /** Of a mirror that is not open yet: those whose readers go over to it once it is. */
  readonly #predecessors = new Map<Mirror, readonly Mirror[]>()
  /** Who wants to know where a stream is, once. */
  readonly #searches = new Waiters<Search>()

  constructor(components: MirrorsComponents, options: { readonly windowMs: number; readonly ringBytes: number }) {
    this.#components = components
    this.#options = options
  }

  get size(): number {
    return this.#kept.size
  }

  /** The mirror of a stream, if it is of what the cluster has under this name now, as far as that is known. */
  get(name: string): Mirror | undefined {
    const mirror = this.#byName.get(name)
    const place = this.#components.cluster.streams.placeOf(name)
    return mirror === undefined || mirror.isLost || place === undefined || mirror.isOf(place) ? mirror : undefined
  }

  /** The mirror of the stream that is there; made where there is none. @throws BusError `rate_limited`, `going_away` */
  open(name: string, place: Place): Mirror {
    return this.get(name) ?? this.#create(name, place)
  }

  /**
   * Looks for a stream, as long as it takes to hear of it: half a second, if there is none.
   * @param then goes on with where it is; undefined: nowhere, or here
   */
  find<T>(name: string, then: (place: Place | undefined) => MaybePromise<T>): Promise<T> {
    const { streams } = this.#components.cluster
    return new Promise<T>((resolve, reject) => {
      const found = (place: Place | undefined) => {
        whenSettled(() => then(place), resolve, reject)
        streams.unfollow(name)
      }
      this.#searches.add(name, { found, failed: reject })
      streams.follow(name)
      streams.lookFor(name)
    })
  }

  /** Asks the broker that hosts a stream for something. Rejects with its BusError, or `connection_lost`. */
  ask(place: Place, op: string, params: JsonObject): Promise<JsonValue> {
    return new Promise((resolve, reject) => {
      this.#components.cluster.hostOf(place).ask(op, params, { answered: resolve, failed: reject })
    })
  }

  /** It is known where a stream is: who needs it goes on. */
  found(name: string): void {
    const { cluster, events } = this.#components
    const place = cluster.streams.placeOf(name)
    if (place !== undefined) {
      const mirror = this.#byName.get(name)
      if (mirror?.isLost) mirror.read(cluster.hostOf(place), place)
      else if (events.awaits(name)) this.#openFor(name, place)
    }
    for (const search of this.#searches.take(name)) search.found(place)
  }

  /** No broker has answered for it. */
  nobody(name: string): void {
    const mirror = this.#byName.get(name)
    if (mirror?.isLost && mirror.log === undefined) mirror.close()
    for (const search of this.#searches.take(name)) search.found(undefined)
  }

  /**
   * What was hosted here has gone on at another broker: its readers go over, once it can be read.
   * @param done is called when they have, or when they cannot
   */
  follow(log: StreamLog, place: Place, done: () => void): void {
    whenSettled(
      () => this.open(log.identity.name, place),
      (mirror) =>
        mirror.whenReady({ type: "start" }, (_from, stream) => {
          if (stream.log !== undefined) log.moveReaders(stream)
          done()
        }),
      done,
    )
  }

  /** This broker hosts the name now: who looks for it, and readers of what another one had, go on there. */
  replacedBy(stream: ReadableStream): void {
    for (const search of this.#searches.take(stream.name)) search.found(undefined)
    const mirror = this.#byName.get(stream.name)
    if (mirror === undefined) return
    this.#byName.delete(stream.name)
    if (mirror.log?.outcome !== undefined) return
    mirror.handOver(stream)
  }

  /** Lets go of all of them; nobody is told. */
  close(): void {
    for (const mirror of [...this.#kept]) mirror.close()
    const error = new BusError("going_away", "the broker is stopping")
    for (const search of this.#searches.takeAll()) search.failed(error)
  }

  /** Who waits for it cannot be answered but by its failure. */
  #openFor(name: string, place: Place): void {
    whenSettled(
      () => this.open(name, place),
      (mirror) => {
        if (mirror.log !== undefined) this.#components.events.appeared(mirror)
      },
      (error) => this.#components.events.failed(name, error),
    )
  }

  #create(name: string, place: Place, superseded?: Mirror): Mirror {
    const { clock, createHash, aliases, cluster, events } = this.#components
    events.admit()
    const known = this.#byName.get(name)
    const mirror: Mirror = new Mirror(
      {
        clock,
        createHash,
        aliases,
        events: {
          opened: () => {
            events.appeared(mirror)
            for (const predecessor of this.#takePredecessors(mirror)) predecessor.handOver(mirror)
          },
          lost: () => cluster.streams.lookFor(name),
          refused: (error) => this.#refused(mirror, error),
          superseded: () => this.#supersede(mirror),
          grew: (bytes) => events.grew(bytes),
          idle: () => {
            this.#remove(mirror)
            for (const predecessor of this.#takePredecessors(mirror))
              if (predecessor.isLost) this.#lostAgain(predecessor)
          },
        },
      },
      name,
      place,
      this.#options,
    )
    this.#byName.set(name, mirror)
    this.#kept.add(mirror)
    cluster.streams.follow(name)
    const predecessors = superseded === undefined ? [] : [superseded]
    // What was asked for where the stream is no more may never be answered, and nobody would ask again.
    if (known?.isUnopened) {
      predecessors.push(...this.#takePredecessors(known))
      known.handOver(mirror)
    }
    if (predecessors.length > 0) this.#predecessors.set(mirror, predecessors)
    mirror.read(cluster.hostOf(place), place)
    return mirror
  }

  /** Its host has let go of it since it was found: it may be elsewhere. */
  #refused(mirror: Mirror, error: BusError): void {
    const { cluster, events } = this.#components
    mirror.close(error)
    if (error.code !== "unknown_stream") events.failed(mirror.name, error)
    else if (events.awaits(mirror.name)) cluster.streams.lookFor(mirror.name)
  }

  /** Another stream has its name: its readers go over to that one, as if they had come back. */
  #supersede(mirror: Mirror): void {
    const { name } = mirror
    const place = this.#components.cluster.streams.placeOf(name)
    if (place === undefined) this.#lostAgain(mirror)
    else this.#create(name, place, mirror)
  }

  /** What was found for it could not be read: its readers wait on. */
  #lostAgain(mirror: Mirror): void {
    if (!this.#kept.has(mirror)) return
    this.#byName.set(mirror.name, mirror)
    this.#components.cluster.streams.lookFor(mirror.name)
  }

  #takePredecessors(mirror: Mirror): readonly Mirror[] {
    const predecessors = this.#predecessors.get(mirror) ?? []
    this.#predecessors.delete(mirror)
    return predecessors
  }

  #remove(mirror: Mirror): void {
    if (!this.#kept.delete(mirror)) return
    if (this.#byName.get(mirror.name) === mirror) this.#byName.delete(mirror.name)
    mirror.close()
    this.#components.cluster.streams.unfollow(mirror.name)
  }
}
