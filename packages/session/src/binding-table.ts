import type { StreamEnd } from "@luxbus/dual-stream"
import { AliasBit } from "@luxbus/packet"
import type { Source } from "./source.ts"

/** An end of a stream on this connection. */
export interface Binding extends Source {
  readonly end: StreamEnd
  released: boolean
}

/**
 * Which end an alias stands for. An **address** is an alias as it stands in frames that this side writes; frames that
 * arrive bear it with the receiver bit turned.
 */
export class BindingTable {
  /** By alias as it arrives, as a signed number: a small integer to the engine, with or without the receiver bit. */
  readonly #byIncoming = new Map<number, Binding>()
  #nextAlias = 1

  get size(): number {
    return this.#byIncoming.size
  }

  /** The binding that frames with this alias are for. */
  incoming(alias: number): Binding | undefined {
    return this.#byIncoming.get(alias | 0)
  }

  at(address: number): Binding | undefined {
    return this.#byIncoming.get(address ^ AliasBit.receiver)
  }

  /** Binds an end to an alias of this side's own. Aliases are not used again soon, as frames may still be under way. */
  allocate(end: StreamEnd): number {
    while (this.at(this.#nextAlias) !== undefined) this.#nextAlias = aliasAfter(this.#nextAlias)
    const alias = this.#nextAlias
    this.#nextAlias = aliasAfter(alias)
    this.bind(alias, end)
    return alias
  }

  /** Binds an end to an address; what was bound to it is not any more. */
  bind(address: number, end: StreamEnd): void {
    this.release(address)
    this.#byIncoming.set(address ^ AliasBit.receiver, {
      address,
      end,
      released: false,
      controlReady: false,
      urgency: 0,
      turns: [],
    })
  }

  release(address: number): void {
    const binding = this.at(address)
    if (binding === undefined) return
    binding.released = true
    this.#byIncoming.delete(address ^ AliasBit.receiver)
  }

  /** Releases all. @returns what was bound */
  clear(): readonly Binding[] {
    const bindings = [...this.#byIncoming.values()]
    this.#byIncoming.clear()
    for (const binding of bindings) binding.released = true
    return bindings
  }
}

function aliasAfter(alias: number): number {
  return alias + 1 >= AliasBit.broker ? 1 : alias + 1
}
