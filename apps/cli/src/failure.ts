import { BusError, ERROR_TABLE } from "@luxbus/packet"

/** What a failed command says, and ends with. */
export interface Failure {
  readonly text: string
  readonly exitCode: number
}

const USAGE = 2
const FAILED = 1

/** One sentence with the error's code, and what can be done. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof BusError))
    return { text: `luxbus: ${error instanceof Error ? error.message : String(error)} (internal)\n`, exitCode: FAILED }
  const { help } = error.details
  const hint =
    typeof help === "string" ? `See ${help}` : error.code === "invalid_argument" ? "" : ERROR_TABLE[error.code].action
  const lines = [`luxbus: ${error.message} (${error.code})`, ...(hint === "" ? [] : [`  ${hint}`]), ""]
  return { text: lines.join("\n"), exitCode: error.code === "invalid_argument" ? USAGE : FAILED }
}
