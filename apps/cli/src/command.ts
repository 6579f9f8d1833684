import type { Terminal } from "./terminal.ts"

/** One flag of a command. */
interface OptionSpec {
  readonly type: "string" | "boolean"
  /** What stands for the value in the help: `<id>`. Absent for flags without one. */
  readonly value?: string
  /** Whether `--no-<name>` says false: for what is true by default. */
  readonly negatable?: boolean
  readonly description: string
}

/** The flags of a command, by name without dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type ValueOf<Type extends OptionSpec["type"]> = Type extends "boolean" ? boolean : string

/** What was given for {@link OptionSpecs}; absent what was not. */
type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]?: ValueOf<Specs[Name]["type"]>
}

/** A command line, read. */
export interface CommandInput<Specs extends OptionSpecs> {
  readonly options: OptionValues<Specs>
  /** Arguments that are no flags, before a `--`. */
  readonly positionals: readonly string[]
  /** Everything after `--`, untouched. */
  readonly rest: readonly string[]
  readonly terminal: Terminal
}

/** One command: its help, and what it does. */
export interface Command {
  readonly name: string
  /** What follows `luxbus`: `cancel [options] <id>`. */
  readonly usage: string
  readonly summary: string
  /** Least and greatest number of positional arguments. */
  readonly positionals: readonly [least: number, greatest: number]
  readonly options: OptionSpecs
  /** Further paragraphs of the help. */
  readonly notes?: readonly string[]
  readonly examples: readonly string[]
  /** What happens when who reads our stdout is gone: `exit` quietly (default), or go on without. */
  readonly closedPipe?: "exit" | "ignore"
  /** @returns the exit code */
  readonly run: (input: CommandInput<OptionSpecs>) => Promise<number>
}

/** Makes a command whose `run` sees its own flags by type. */
export function defineCommand<const Specs extends OptionSpecs>(
  command: Omit<Command, "run" | "options"> & {
    readonly options: Specs
    readonly run: (input: CommandInput<Specs>) => Promise<number>
  },
): Command {
  return {
    ...command,
    // Sound because `parseCommandLine` reads by the very same specs: they say what is a string and what a boolean.
    run: (input) => command.run(input as CommandInput<Specs>),
  }
}
