import type { BrokerCarrier } from "@luxbus/dual-stream"
import { assertName, BusError, type Fields, type FullHeader, toHex } from "@luxbus/packet"
import type { Claimant } from "./claimant.ts"
import { type Directory, type Place, SEARCH_MS } from "./cluster/directory.ts"
import { streamAbout } from "./cluster/rival-streams.ts"
import type { HostedStreams } from "./hosted-streams.ts"
import { type RelayClaim, sayElsewhere, type WriterPlace } from "./relay.ts"
import type { Relays } from "./relays.ts"

const SESSION_BYTES = 32
/**
 * How long the host of a stream that exists may be unheard of before its writer begins anew: longer than a link takes to
 * notice, and what a writer's memory bridges.
 */
const HOST_SILENCE_MS = 5_000

/** A writer's place on its connection to this broker. */
export interface LocalClaimant extends Claimant {
  readonly carrier: BrokerCarrier
}

/**
 * Where the STARTs of hosted streams go. A stream stays with the broker that hosts it, wherever its writer connects: its
 * writer's broker passes it on. A name that nobody has is hosted where its writer is.
 */
export class HostedStarts {
  readonly #hosted: HostedStreams
  readonly #passing: Relays
  readonly #directory: Directory | undefined

  /** @param directory where other brokers' streams are; undefined: there are none */
  constructor(hosted: HostedStreams, passing: Relays, directory: Directory | undefined) {
    this.#hosted = hosted
    this.#passing = passing
    this.#directory = directory
  }

  /**
   * Of one of this broker's clients, whose session the host knows by the seq: that is stamped. Where nothing is known of
   * the name the writer is told to `wait`, and to try again when it was found, or was looked for in vain.
   * @throws BusError `invalid_argument`, `rate_limited`
   */
  start(claimant: LocalClaimant, header: FullHeader, fields: Fields): void {
    const { name = "", seq } = fields
    assertName(name, "name")
    if (seq === undefined) throw new BusError("invalid_argument", "a hosted stream has a seq")
    const claim = { name, from: claimant.clientId, to: name, epoch: 0, seq: seq.slice() }
    if (this.#isForHere(claim, fields)) this.#hosted.start(claimant, header, fields)
    // It counts as opened where it is made: a new one is looked for elsewhere first, and then made here.
    else this.#passing.start(claim, { ...claimant, isRemote: false, admitOpen: undefined }, header, fields)
  }

  /**
   * Of another broker's client, which that broker vouches for.
   * @throws BusError `invalid_argument`, `rate_limited`
   */
  startElsewhere(place: WriterPlace, header: FullHeader, fields: Fields): void {
    const { from = "", seq } = fields
    if (seq === undefined || !this.#hosted.concerns(fields)) {
      sayElsewhere(place)
      return
    }
    const session = seq.slice(0, SESSION_BYTES)
    this.#hosted.start({ clientId: from, ...place, session }, header, fields)
  }

  #isForHere(claim: RelayClaim, fields: Fields): boolean {
    const directory = this.#directory
    const { name } = claim
    if (directory === undefined || this.#hosted.get(name) !== undefined) return true
    const missingMs = directory.missingMs(name)
    // Others may have looked for its host while no broker could hear them: this writer has a search of its own.
    if (fields.resume ? Math.min(missingMs, this.#passing.ageMs(claim)) >= HOST_SILENCE_MS : missingMs >= SEARCH_MS)
      return true
    const place = directory.placeOf(name)
    return place !== undefined && isFree(place, fields)
  }
}

/** Whether another broker's stream has ended, and this is no repetition of its START. */
function isFree({ about }: Place, { seq, resume }: Fields): boolean {
  const known = streamAbout(about)
  return known?.finished !== undefined && !resume && seq !== undefined && toHex(seq) !== known.seq
}
