import { parseArgs } from "node:util"
import { WORKS } from "./works.ts"

/** What the command line asks for. */
export interface Options {
  /** Names of works, in the order in which they run. */
  readonly works: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly json: string | undefined
  /** A folder for CPU profiles. */
  readonly profile: string | undefined
  readonly write: boolean
  readonly help: boolean
}

/** What a user wrote cannot be done. */
export class UsageError extends Error {}

const MAX_ROUNDS = 100
const MAX_SECONDS = 60

export const HELP = `Usage: pnpm bench [work…] [options]

Measures luxbus beside its peers, each server in a process of its own.

Works:
${WORKS.map(({ name, title }) => `  ${name.padEnd(18)} ${title}`).join("\n")}

Options:
  --rounds <n>       measured rounds of each system, 1 to ${MAX_ROUNDS} (default 5)
  --seconds <n>      length of a round, up to ${MAX_SECONDS} (default 2)
  --json <file>      writes all figures into a file
  --write            writes docs/performance.md, docs/performance.json and docs/images/bench.svg; needs all works
  --profile <folder> writes a CPU profile of every process into a folder; slows everything a little
  --help             this text`

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const unknown = positionals.find((name) => !WORKS.some((work) => work.name === name))
  if (unknown !== undefined) throw new UsageError(`There is no work "${unknown}".`)
  const works = WORKS.map(({ name }) => name).filter((name) => positionals.length === 0 || positionals.includes(name))
  const write = values.write ?? false
  if (write && works.length < WORKS.length) throw new UsageError("--write needs all works: name none.")
  return {
    works,
    rounds: wholeNumber("--rounds", values.rounds ?? "5", MAX_ROUNDS),
    seconds: positiveNumber("--seconds", values.seconds ?? "2", MAX_SECONDS),
    json: values.json,
    profile: values.profile,
    write,
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        seconds: { type: "string" },
        json: { type: "string" },
        profile: { type: "string" },
        write: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = positiveNumber(name, text, max)
  if (!Number.isInteger(value)) throw new UsageError(`${name} is a whole number, not ${text}.`)
  return value
}

function positiveNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!(value > 0 && value <= max)) throw new UsageError(`${name} is a number above 0 and at most ${max}, not ${text}.`)
  return value
}
