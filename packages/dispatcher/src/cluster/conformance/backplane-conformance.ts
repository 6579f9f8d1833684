import type { MaybePromise } from "@luxbus/stream-memory"
import type { TestFunctions } from "@luxbus/stream-memory/testing"
import type { Backplane } from "../backplane.ts"
import { addressTraits } from "./address-traits.ts"
import { deliveryTraits, unsubscribeTraits } from "./delivery-traits.ts"
import { messageTraits } from "./message-traits.ts"

/** A backplane made for one test, and the test's alone. */
export interface ConformanceBackplane {
  /** A further member. */
  join(): MaybePromise<Backplane>
  /** Called once when the test has ended: gives back all that was opened. */
  release(): MaybePromise<void>
}

/** The backplane under test, at rest: one that loses nothing as long as nothing is wrong. */
export interface BackplaneConformanceSetup extends TestFunctions {
  readonly name: string
  /** Makes a backplane that nobody has joined yet: once for each test. */
  open(): MaybePromise<ConformanceBackplane>
  /** Gives the backplane a moment: about a millisecond of real time, or a step of a manual clock. */
  turn(): Promise<void>
}

/** What a group of traits gets: `test` opens a backplane, hands over how to join it, and releases it. */
export interface TraitTools extends Pick<TestFunctions, "expect"> {
  test(name: string, body: (join: () => MaybePromise<Backplane>) => Promise<void>): void
  /** Waits until `condition` holds. */
  until(what: string, condition: () => boolean): Promise<void>
  /** Lets some time pass, in which a subscription reaches all members and what should not happen would. */
  idle(): Promise<void>
}

/** Turns after which a condition counts as never met: seconds of real time. */
const MAX_TURNS = 4_000
const IDLE_TURNS = 12

/**
 * Declares the tests that every implementation of `Backplane` passes: who gets what, exact addresses, bytes, bounds, and
 * the end of a subscription.
 */
export function backplaneConformance(setup: BackplaneConformanceSetup): void {
  setup.describe(`${setup.name} conforms to the backplane contract`, () => {
    const tools = toolsOf(setup)
    deliveryTraits(tools)
    unsubscribeTraits(tools)
    addressTraits(tools)
    messageTraits(tools)
  })
}

function toolsOf(setup: BackplaneConformanceSetup): TraitTools {
  const { expect, turn } = setup
  return {
    expect,
    test(name, body) {
      setup.test(name, async () => {
        const backplane = await setup.open()
        try {
          await body(() => backplane.join())
        } finally {
          await backplane.release()
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
