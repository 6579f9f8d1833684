import type { Command, OptionSpecs } from "./command.ts"
import { CONNECTION_OPTIONS } from "./connection-options.ts"

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "all went well"],
  ["1", "the bus failed, or a stream ended with an error that has no exit code of its own"],
  ["2", "the command line or the configuration is wrong"],
  ["126, 127", "run: the command cannot be executed, or was not found"],
  ["128 + n", "the job was ended by signal n"],
  ["130", "attach and tap: the job was cancelled, or you pressed Ctrl-C"],
  ["other", "run, attach and tap: the job's own"],
]

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return [
    "luxbus: streams that survive. Run a job here, watch it from anywhere.",
    "",
    "Usage: luxbus <command> [options]",
    "",
    section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
    ),
    "",
    section("Options of most commands", optionRows(CONNECTION_OPTIONS)),
    "",
    section("Exit codes", EXIT_CODES),
    "",
    "luxbus <command> --help tells more, with examples.",
    "",
  ].join("\n")
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return [
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    "",
    `Usage: luxbus ${command.usage}`,
    "",
    section("Options", [...optionRows(command.options), ["--help", "this text"]]),
    "",
    ...(command.notes ?? []).flatMap((note) => [note, ""]),
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n")
}

function optionRows(options: OptionSpecs): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, { value, negatable, description }]) => {
    if (negatable === true) return [`--${name}, --no-${name}`, `${description} (default: --${name})`]
    return [value === undefined ? `--${name}` : `--${name} ${value}`, description]
  })
}

/** From this width of the left column on, descriptions stand on lines of their own. */
const WIDE = 30

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  if (width > WIDE) return [`${title}:`, ...rows.map(([left, right]) => `  ${left}\n      ${right}`)].join("\n")
  return [`${title}:`, ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join("\n")
}
