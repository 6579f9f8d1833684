import { BusError, type Fields, type FullHeader, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"

/** Who hears what another broker answers. */
export interface NodeAnswer {
  answered(result: JsonObject): void
  /** It serves a stream for this request, behind its answer. The address is that of this side. */
  started?(address: number, header: FullHeader, fields: Fields): void
  /** It refuses, now or after it had answered; or the link is over (`connection_lost`). Final. */
  failed(error: BusError): void
}

/** What one broker has asked another by their link, and waits for. */
export class NodeRequests {
  readonly #waiting = new Map<number, NodeAnswer>()
  #lastId = 0

  /** @returns its number */
  add(answer: NodeAnswer): number {
    this.#waiting.set(++this.#lastId, answer)
    return this.#lastId
  }

  /** A reply has come. What is not waited for any more is ignored. */
  replied(reply: JsonObject): void {
    const { id, result, error }: { readonly [N in "id" | "result" | "error"]?: JsonValue } = reply
    const answer = typeof id === "number" ? this.#waiting.get(id) : undefined
    if (answer === undefined || typeof id !== "number") return
    if (isJsonObject(error)) {
      this.failed(id, BusError.fromJSON(error))
      return
    }
    if (answer.started === undefined) this.#waiting.delete(id)
    answer.answered(isJsonObject(result) ? result : {})
  }

  /** @returns whether the stream was asked for */
  started(address: number, header: FullHeader, fields: Fields): boolean {
    const { request = 0 } = fields
    const answer = this.#waiting.get(request)
    if (answer?.started === undefined) return false
    this.#waiting.delete(request)
    answer.started(address, header, fields)
    return true
  }

  /** There will be no answer to it, or no more. */
  failed(id: number, error: BusError): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    answer?.failed(error)
  }

  /** The link is over. */
  close(): void {
    for (const id of [...this.#waiting.keys()]) this.failed(id, new BusError("connection_lost", "the broker is away"))
  }
}
