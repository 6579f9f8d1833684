import { randomInt } from "node:crypto"

const QUALITIES =
  "amber brave brisk calm clear cool dapper eager early fleet gentle glad keen kind lively lucid mellow merry neat nimble plain proud quick quiet rapid ready sharp silver smooth steady sunny swift".split(
    " ",
  )
const THINGS =
  "anchor arrow badger beacon birch brook canyon cedar comet coral crane delta ember falcon fern finch harbor heron island lantern maple meadow otter pebble pine quartz raven reef river sparrow tide willow".split(
    " ",
  )
const NUMBERS = 10_000

/**
 * Makes an id that can be read out and typed, such as `calm-otter-4821`: one of ten million, for people to tell their
 * streams apart; nothing is kept safe by it.
 */
export function readableId(): string {
  return `${pick(QUALITIES)}-${pick(THINGS)}-${randomInt(NUMBERS)}`
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? ""
}
