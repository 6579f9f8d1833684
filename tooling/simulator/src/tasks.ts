import type { ProcessClock } from "./process-clock.ts"
import type { World } from "./world.ts"

/** One thing that an application does, and what it waits for now. */
export class Task {
  readonly name: string
  readonly clock: ProcessClock
  #doing = "starting"

  constructor(name: string, clock: ProcessClock) {
    this.name = name
    this.clock = clock
  }

  /** What it waits for: what is told of it if it hangs. */
  get doing(): string {
    return this.#doing
  }

  /** Says what it does next. */
  at(doing: string): void {
    this.#doing = doing
  }
}

/** Everything that applications do in a run: who is not done at its end hangs. */
export class Tasks {
  readonly #running = new Set<Task>()
  readonly #world: Pick<World, "findings">

  constructor(world: Pick<World, "findings">) {
    this.#world = world
  }

  /** Tasks whose process lives. */
  get running(): readonly Task[] {
    return [...this.#running].filter((task) => !task.clock.dead)
  }

  /** Runs `work` as an application on the process of `clock`. What it throws is wrong. */
  async run(name: string, clock: ProcessClock, work: (task: Task) => Promise<void>): Promise<void> {
    const task = new Task(name, clock)
    this.#running.add(task)
    try {
      await work(task)
    } catch (error) {
      if (!clock.dead) this.#world.findings.add(`${name} failed while ${task.doing}: ${describe(error)}`)
    } finally {
      this.#running.delete(task)
    }
  }
}

/** An error in one line; the stack too where it is none of the bus. */
export function describe(error: unknown): string {
  if (error instanceof Error && "code" in error) return `${String(error.code)}: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The code of a failure of the bus. @throws whatever is no BusError */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code)
  throw error
}
