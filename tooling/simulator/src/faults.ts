import type { BrokerProcess } from "./broker-process.ts"
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
    const { backplane, brokers, living, trace } = this.#world
    trace.note("the faults are over")
    for (const broker of brokers) if (!broker.running) broker.start()
    backplane?.calm()
    for (const { link } of living) {
      link.unblock()
      link.unstall()
      link.bury()
    }
  }

  #set(fault: FaultPlan): void {
    if ("client" in fault) this.#setOnClient(fault)
    else if (fault.kind === "partition") this.#partition(fault)
    else this.#setOnBroker(fault)
  }

  #partition({ from, to, isBothWays, forMs }: Extract<FaultPlan, { readonly kind: "partition" }>): void {
    const { backplane } = this.#world
    const ends = [backplane?.partition(from, to), isBothWays ? backplane?.partition(to, from) : undefined]
    this.#later(forMs, () => {
      for (const end of ends) end?.()
    })
  }

  #setOnBroker(fault: Exclude<FaultPlan, { readonly client: string } | { readonly kind: "partition" }>): void {
    const broker = this.#world.brokers[fault.broker ?? 0]!
    switch (fault.kind) {
      case "broker-kill":
        this.#stop(broker, fault.downMs, () => broker.kill())
        return
      case "broker-drain":
        this.#stop(broker, fault.downMs, () => void broker.drain())
        return
      case "broker-crash":
        this.#world.crashAt({
          process: broker.name,
          messagesLeft: fault.messages,
          crash: () => this.#over || this.#stop(broker, fault.downMs, () => broker.kill()),
        })
        return
      case "broker-set-wall":
        broker.clock?.setWall(fault.byMs)
        return
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

  #stop(broker: BrokerProcess, downMs: number, stop: () => void): void {
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
