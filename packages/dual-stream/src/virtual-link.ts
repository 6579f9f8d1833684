import type { Clock, Random } from "@luxbus/clock"
import { VirtualCarrier, type VirtualHandlers } from "./virtual-carrier.ts"
import { type FrameFaults, NO_FAULTS, VirtualPipe } from "./virtual-pipe.ts"

/** What a virtual link runs on. */
export interface VirtualLinkComponents {
  readonly clock: Clock
  /** What decides over faults; {@link VirtualLink.cut} needs it too. */
  readonly random: Random
}

/** How slow and how faulty a virtual link is. */
export interface VirtualLinkOptions {
  /** One way. Default 1 ms. */
  readonly latencyMs?: number
  /** How fast a side's messages go out. Default: at once. */
  readonly bytesPerMs?: number
  /** Default {@link NO_FAULTS}. */
  readonly faults?: FrameFaults
}

/**
 * A connection in memory for tests: two carriers joined back to back, which move real encoded messages of about
 * 64 KiB, control before error before main. A new connection is a new link.
 */
export class VirtualLink {
  readonly left: VirtualCarrier
  readonly right: VirtualCarrier
  readonly #toLeft: VirtualPipe
  readonly #toRight: VirtualPipe
  #isCut = false

  /** @param handlers what each side does with the STARTs of the other; default: refuse them */
  constructor(
    components: VirtualLinkComponents,
    handlers: { readonly left?: VirtualHandlers; readonly right?: VirtualHandlers },
    options: VirtualLinkOptions = {},
  ) {
    const { clock, random } = components
    const { latencyMs = 1, bytesPerMs = Number.POSITIVE_INFINITY, faults = NO_FAULTS } = options
    const pipe = (deliver: (message: Uint8Array) => void) =>
      new VirtualPipe({ clock, random, deliver }, { latencyMs, faults })
    this.#toRight = pipe((message) => this.right.receive(message))
    this.#toLeft = pipe((message) => this.left.receive(message))
    this.left = new VirtualCarrier(clock, (message) => this.#toRight.send(message), bytesPerMs, handlers.left ?? {})
    this.right = new VirtualCarrier(clock, (message) => this.#toLeft.send(message), bytesPerMs, handlers.right ?? {})
  }

  get isCut(): boolean {
    return this.#isCut
  }

  set faults(faults: FrameFaults) {
    this.#toLeft.faults = faults
    this.#toRight.faults = faults
  }

  /** The connection is lost: each direction loses some part from the end of what is on the way, then both sides see it. */
  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#toRight.cut()
    this.#toLeft.cut()
    this.left.close()
    this.right.close()
  }
}
