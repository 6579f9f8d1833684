import { equalDigests } from "@luxbus/dual-stream"
import { BusError } from "@luxbus/packet"
import type { ClientConnection } from "./client-connection.ts"
import type { Principal } from "./principal.ts"

interface LiveClient {
  readonly connection: ClientConnection
  readonly session: Uint8Array
  readonly principal: Principal
}

/** Which connection is whose: one live session per client id. */
export class ClientTable {
  readonly #live = new Map<string, LiveClient>()

  get size(): number {
    return this.#live.size
  }

  /**
   * Gives a client id to a connection. The same session, or a new one of the same authenticated principal, replaces
   * the connection that has it.
   * @returns the connection that was replaced, and whether its session goes on
   * @throws BusError `id_taken`
   */
  claim(
    id: string,
    client: LiveClient,
  ): { readonly replaced: ClientConnection; readonly sameSession: boolean } | undefined {
    const before = this.#live.get(id)
    if (before === undefined) {
      this.#live.set(id, client)
      return undefined
    }
    const sameSession = equalDigests(before.session, client.session)
    const samePrincipal =
      "id" in before.principal && "id" in client.principal && before.principal.id === client.principal.id
    if (!sameSession && !samePrincipal) {
      throw new BusError("id_taken", `The client id "${id}" is in use.`, { details: { id } })
    }
    this.#live.set(id, client)
    return { replaced: before.connection, sameSession }
  }

  /** The connection is gone: the id is free, unless another connection has it already. */
  release(id: string, connection: ClientConnection): void {
    if (this.#live.get(id)?.connection === connection) this.#live.delete(id)
  }
}
