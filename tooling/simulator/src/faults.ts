import type { FaultPlan } from "./plan.ts"
import { revive } from "./revive.ts"
import type { World } from "./world.ts"

/** Sets the plan's faults, and takes all of them back when the calm begins. */
export class Faults {
  readonly #world: World
  #over = false

  constructor(world: World) {
    this.#world = world
  }

  /** Plans every fault. */
  plan(): void {
    const { time, plan, trace } = this.#world
    for (const fault of plan.faults) {
      time.setTimer(fault.atMs, () => {
        if (this.#over) return
        trace.note(`fault: ${describeFault(fault)}`)
        this.#set(fault)
      })
    }
  }

  /** Takes back what is still in force: from now on everything works. */
  end(): void {
    this.#over = true
    const { broker, living, trace } = this.#world
    trace.note("the faults are over")
    if (!broker.running) broker.start()
    for (const { link } of living) {
      link.unblock()
      link.unstall()
      link.bury()
    }
  }

  #set(fault: FaultPlan): void {
    switch (fault.kind) {
      case "broker-kill":
        this.#stopBroker(fault.downMs, () => this.#world.broker.kill())
        return
      case "broker-drain":
        this.#stopBroker(fault.downMs, () => void this.#world.broker.drain())
        return
      case "broker-crash":
        this.#world.crashAt({
          process: "broker",
          messagesLeft: fault.messages,
          crash: () => this.#over || this.#stopBroker(fault.downMs, () => this.#world.broker.kill()),
        })
        return
      case "broker-set-wall":
        this.#world.broker.clock?.setWall(fault.byMs)
        return
      default:
        this.#setOnClient(fault)
    }
  }

  #setOnClient(fault: Extract<FaultPlan, { readonly client: string }>): void {
    const participant = this.#world.participant(fault.client)
    const { link } = participant
    if (participant.killed) return
    switch (fault.kind) {
      case "cut":
        link.cut()
        return
      case "terminate":
        link.terminate(fault.side)
        return
      case "stall":
        link.stall(fault.towards)
        this.#later(fault.forMs, () => link.unstall())
        return
      case "block":
        link.block()
        this.#later(fault.forMs, () => participant.killed || link.unblock())
        return
      case "reroute":
        link.cut()
        link.quality = fault.quality
        return
      case "abandon":
        link.abandon()
        this.#later(fault.forMs, () => link.bury())
        return
      case "swallow":
        link.swallow()
        return
      case "sleep":
        participant.busClock.sleptFor(fault.ms)
        return
      case "set-wall":
        participant.busClock.setWall(fault.byMs)
        return
      case "crash":
        this.#world.crashAt({
          process: fault.client,
          messagesLeft: fault.messages,
          crash: () => this.#over || participant.kill(),
        })
        return
      case "kill":
        participant.kill()
        if (fault.reviveAfterMs !== undefined) this.#later(fault.reviveAfterMs, () => revive(this.#world, fault.client))
        return
    }
  }

  #stopBroker(downMs: number, stop: () => void): void {
    const { broker } = this.#world
    if (!broker.running) return
    stop()
    this.#later(downMs, () => broker.running || broker.start())
  }

  #later(ms: number, callback: () => void): void {
    this.#world.time.setTimer(ms, () => {
      if (!this.#over) callback()
    })
  }
}

/** A fault in one line. */
export function describeFault({ atMs, kind, ...rest }: FaultPlan): string {
  const details = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`,
  )
  return [`${kind} at ${atMs} ms`, ...details].join(", ")
}
