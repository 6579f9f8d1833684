import { parseArgs } from "node:util"
import { nearestName } from "@luxbus/broker"
import { BusError } from "@luxbus/packet"
import type { Command, CommandInput, OptionSpecs } from "./command.ts"

/** What {@link parseCommandLine} found. */
export type ParsedCommandLine =
  | { readonly help: true }
  | ({ readonly help: false } & Omit<CommandInput<OptionSpecs>, "terminal">)

/**
 * Reads the arguments that follow a command's name. Values stay text as typed: an id of `007` is no number.
 * @throws BusError `invalid_argument` naming the argument, with the flag that was probably meant
 */
export function parseCommandLine(command: Command, args: readonly string[]): ParsedCommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...typesOf(command.options), help: { type: "boolean", short: "h" } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const terminator = tokens.find((token) => token.kind === "option-terminator")
  const end = terminator?.index ?? args.length
  const options: Record<string, string | boolean> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.index >= end) break
    if (token.kind === "positional") positionals.push(token.value)
    if (token.kind !== "option") continue
    if (token.name === "help") return { help: true }
    const negated = token.value === undefined ? negatedName(command, token.name) : undefined
    if (negated === undefined) options[token.name] = readValue(command, token.name, token.rawName, token.value)
    else options[negated] = false
  }
  checkCount(command, positionals)
  return { help: false, options, positionals, rest: terminator === undefined ? [] : args.slice(end + 1) }
}

function typesOf(specs: OptionSpecs) {
  return Object.fromEntries(Object.entries(specs).map(([name, { type }]) => [name, { type }]))
}

/** What `no-page` negates; undefined for any other name. */
function negatedName({ options }: Command, name: string): string | undefined {
  const rest = name.startsWith("no-") ? name.slice("no-".length) : ""
  return Object.hasOwn(options, rest) && options[rest]?.negatable === true ? rest : undefined
}

function readValue(command: Command, name: string, rawName: string, value: string | undefined): string | boolean {
  const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined
  if (spec === undefined) throw unknownOption(command, name, rawName)
  if (spec.type === "boolean") {
    if (value === undefined) return true
    throw usageError(command, `${rawName} takes no value`)
  }
  if (value === undefined || value === "")
    throw usageError(command, `${rawName} needs a value: ${rawName} ${spec.value}`)
  return value
}

function unknownOption(command: Command, name: string, rawName: string): BusError {
  const meant = nearestName(name, Object.keys(command.options))
  const hint = meant === undefined ? "" : `; did you mean --${meant}?`
  return usageError(command, `luxbus ${command.name} has no ${rawName}${hint}`)
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const [least, greatest] = command.positionals
  if (positionals.length < least) throw usageError(command, `something is missing: luxbus ${command.usage}`)
  const extra = positionals[greatest]
  if (extra !== undefined) throw usageError(command, `"${extra}" is one argument too many: luxbus ${command.usage}`)
}

/** An error that says how the command is used. */
export function usageError(command: Pick<Command, "name">, message: string): BusError {
  return new BusError("invalid_argument", message, { details: { help: `luxbus ${command.name} --help` } })
}
