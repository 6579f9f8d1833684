import { SeededRandom } from "@luxbus/clock/testing"

/** The chances of one run, or of one part of it: the same seed and name roll the same numbers. */
export class Dice {
  readonly random: SeededRandom
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed >>> 0
    this.random = new SeededRandom(this.#seed)
  }

  /** Dice of one part, so that what one part rolls changes nothing for the others. */
  fork(name: string): Dice {
    let seed = this.#seed ^ 0x811c9dc5
    for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193)
    return new Dice(seed)
  }

  /** Whether something of this probability (0 to 1) happens. */
  chance(probability: number): boolean {
    return this.random.float() < probability
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return this.random.integer(min, max)
  }

  /** Mostly near `min`, sometimes up to `max`: as sizes and pauses are in life. */
  skewed(min: number, max: number): number {
    return Math.round(min * (max / min) ** (this.random.float() ** 2))
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T
  }

  /** `choices` by weight. */
  weighted<T extends string>(choices: Readonly<Record<T, number>>): T {
    const names = Object.keys(choices) as T[]
    let left = this.random.float() * names.reduce((sum, name) => sum + choices[name], 0)
    for (const name of names) {
      left -= choices[name]
      if (left < 0) return name
    }
    return names[0] as T
  }
}
