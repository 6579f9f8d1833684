import { closingConformance } from "./conformance-closing.ts"
import { deliveryConformance } from "./conformance-delivery.ts"
import type { Connection } from "./connection.ts"
import { ConnectionRecorder } from "./connection-recorder.ts"

/** What the suite needs of a matcher chain; vitest's and jest's fit. */
export interface Expectation {
  /** Identity, as of `Object.is`. */
  toBe(expected: unknown): void
  /** Deep equality of plain values. */
  toEqual(expected: unknown): void
  /** Deep equality of the properties that are named. */
  toMatchObject(expected: Record<string, unknown>): void
  /** Of numbers. */
  toBeGreaterThanOrEqual(expected: number): void
}

/** The test runner, passed in so that this package needs none. */
export interface TestFunctions {
  /** A group of tests. */
  describe(name: string, body: () => void): unknown
  /** One test; it fails where its body rejects. */
  test(name: string, body: () => Promise<void>): unknown
  /** What is expected of a value; `message` says what it is when it is not. */
  expect(actual: unknown, message?: string): Expectation
}

/** An open link under test. */
export interface ConformanceLink {
  /** Lets nothing pass either way, and closes nothing. */
  stall(): void
  /** Lets everything pass again. */
  unstall(): void
  /** Gives back all that was opened for this link; both connections may be open still. */
  release(): void | Promise<void>
}

/** The transport under test. */
export interface ConformanceSetup extends TestFunctions {
  readonly name: string
  /** Limit of both connections; at most a few MiB. */
  readonly maxMessageBytes: number
  /**
   * Opens one connection and hands each side over in the turn in which the transport does. Both must have been called
   * when the promise resolves.
   */
  open(dialled: (connection: Connection) => void, accepted: (connection: Connection) => void): Promise<ConformanceLink>
  /** Gives the transport a moment: about a millisecond of real time, or a step of a manual clock. */
  turn(): Promise<void>
}

/** Both sides of a link as a test sees them. */
export interface Sides extends ConformanceLink {
  readonly near: Connection
  readonly far: Connection
  readonly nearSeen: ConnectionRecorder
  readonly farSeen: ConnectionRecorder
}

/** How one test opens its link. */
interface SidesOptions {
  readonly nearSeen?: ConnectionRecorder
  readonly farSeen?: ConnectionRecorder
  /** Called with a side as it is handed out, instead of starting it. */
  readonly onNear?: (connection: Connection) => void
  readonly onFar?: (connection: Connection) => void
}

/** What the parts of the suite share. */
export interface ConformanceContext extends Pick<ConformanceSetup, "expect" | "maxMessageBytes"> {
  /** A test with a link of its own, run once from each side. */
  linkTest(name: string, options: () => SidesOptions, body: (sides: Sides) => Promise<void>): void
  /** Waits until `condition` holds. */
  until(what: string, condition: () => boolean): Promise<void>
  /** Lets some time pass in which nothing should happen. */
  idle(): Promise<void>
}

/** Turns after which a condition counts as never met: seconds of real time. */
const MAX_TURNS = 4_000
const IDLE_TURNS = 12

/** Declares the tests that every implementation of `Connection` passes, each from the dialled and the accepted side. */
export function connectionConformance(setup: ConformanceSetup): void {
  setup.describe(`${setup.name} conforms to the connection contract`, () => {
    for (const role of ["dialled", "accepted"] as const) {
      setup.describe(`seen from the ${role} side`, () => {
        const context = contextOf(setup, role)
        deliveryConformance(context)
        closingConformance(context)
      })
    }
  })
}

function contextOf(setup: ConformanceSetup, role: "dialled" | "accepted"): ConformanceContext {
  const { expect, maxMessageBytes, turn } = setup
  return {
    expect,
    maxMessageBytes,
    linkTest(name, options, body) {
      setup.test(name, async () => {
        const sides = await openSides(setup, role, options())
        try {
          await body(sides)
        } finally {
          sides.unstall()
          sides.near.terminate()
          sides.far.terminate()
          await sides.release()
        }
      })
    },
    async until(what, condition) {
      for (let turns = 0; !condition(); turns++) {
        if (turns === MAX_TURNS) throw new Error(`never came true: ${what}`)
        await turn()
      }
    },
    async idle() {
      for (let turns = 0; turns < IDLE_TURNS; turns++) await turn()
    },
  }
}

async function openSides(setup: ConformanceSetup, role: "dialled" | "accepted", options: SidesOptions): Promise<Sides> {
  const { nearSeen = new ConnectionRecorder(), farSeen = new ConnectionRecorder() } = options
  const taken: { near?: Connection; far?: Connection } = {}
  const onNear = (connection: Connection) => {
    taken.near = connection
    if (options.onNear === undefined) connection.start(nearSeen)
    else options.onNear(connection)
  }
  const onFar = (connection: Connection) => {
    taken.far = connection
    if (options.onFar === undefined) connection.start(farSeen)
    else options.onFar(connection)
  }
  const link = await (role === "dialled" ? setup.open(onNear, onFar) : setup.open(onFar, onNear))
  const { near, far } = taken
  if (near === undefined || far === undefined) throw new Error("open() resolved before both sides were handed out")
  return {
    near,
    far,
    nearSeen,
    farSeen,
    stall: () => link.stall(),
    unstall: () => link.unstall(),
    release: () => link.release(),
  }
}
