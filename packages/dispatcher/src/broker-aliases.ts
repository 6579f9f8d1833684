import { AliasBit, BusError } from "@luxbus/packet"

const LAST = AliasBit.broker - 1

/**
 * Allots the aliases that the broker uses on all its connections. A number comes back late, when all others were
 * given: a frame that still travels under a freed alias then meets nobody.
 */
export class BrokerAliases {
  readonly #used = new Set<number>()
  #last = 0

  get usedCount(): number {
    return this.#used.size
  }

  /** @throws BusError `rate_limited` when none is left */
  allot(): number {
    if (this.#used.size >= LAST) throw new BusError("rate_limited", "every broker-wide alias is in use")
    do this.#last = this.#last === LAST ? 1 : this.#last + 1
    while (this.#used.has(this.#last))
    this.#used.add(this.#last)
    return AliasBit.broker | this.#last
  }

  free(alias: number): void {
    this.#used.delete(alias ^ AliasBit.broker)
  }
}
