/**
 * Prints one line per thing that is looked at, as it is done, and keeps the faults for the check's end.
 */
export class Progress {
  /** @type {string[]} */
  #faults = []

  /** One line per thing that fails. */
  get faults() {
    return /** @type {readonly string[]} */ (this.#faults)
  }

  /**
   * Does a piece of work; when it throws, that is a fault, told with the error's message.
   * @template T
   * @param {string} what
   * @param {() => Promise<T>} work its result, when a string, is told beside the time that it took
   * @returns {Promise<T | undefined>} undefined: it failed
   */
  async step(what, work) {
    const startedAt = performance.now()
    try {
      const result = await work()
      const time = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
      console.log(`  ok    ${what} (${typeof result === "string" ? `${result}, ` : ""}${time})`)
      return result
    } catch (error) {
      this.fails(what, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  /**
   * @param {string} what
   * @param {string} why may have many lines
   */
  fails(what, why) {
    console.error(`  FAILS ${what}\n${why.trimEnd().replace(/^/gm, "        ")}`)
    this.#faults.push(`${what} fails: see above`)
  }
}

/**
 * Works through a list, two pieces at a time: as many as the smallest machine of CI has cores.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => Promise<unknown>} work
 */
export async function twoAtATime(items, work) {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all([worker(), worker()])
}
