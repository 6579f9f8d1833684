import { BusError, sameBytes } from "@luxbus/packet"
import type { Principal } from "./principal.ts"

/** A connection that has, or claims, a client id. */
interface LiveClient<C> {
  readonly connection: C
  readonly session: Uint8Array
  readonly principal: Principal
}

/**
 * Which connection is whose: one live session per client id.
 * @typeParam C a connection
 */
export class ClientTable<C> {
  readonly #live = new Map<string, LiveClient<C>>()

  get size(): number {
    return this.#live.size
  }

  /**
   * Gives a client id to a connection. The same session, or a new one of the same authenticated principal, replaces
   * the connection that has it.
   * @returns the connection that was replaced, and whether its session goes on
   * @throws BusError `id_taken`
   */
  claim(id: string, client: LiveClient<C>): { readonly replaced: C; readonly sameSession: boolean } | undefined {
    const before = this.#live.get(id)
    if (before === undefined) {
      this.#live.set(id, client)
      return undefined
    }
    const sameSession = sameBytes(before.session, client.session)
    const samePrincipal =
      "id" in before.principal && "id" in client.principal && before.principal.id === client.principal.id
    if (!sameSession && !samePrincipal) {
      throw new BusError("id_taken", `The client id "${id}" is in use.`, { details: { id } })
    }
    this.#live.set(id, client)
    return { replaced: before.connection, sameSession }
  }

  /** The connection that has a client id. */
  get(id: string): C | undefined {
    return this.#live.get(id)?.connection
  }

  /** All connections that have an id. */
  connections(): readonly C[] {
    return Array.from(this.#live.values(), ({ connection }) => connection)
  }

  /** The connection is gone: the id is free, unless another connection has it already. */
  release(id: string, connection: C): void {
    if (this.#live.get(id)?.connection === connection) this.#live.delete(id)
  }
}
