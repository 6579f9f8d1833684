import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { BusError, isJsonObject } from "@luxbus/packet"
import { nearestName } from "./nearest-name.ts"
import { parseSetting, SETTINGS } from "./settings.ts"

/** The file that is read from the working directory unless another is named. */
const CONFIG_FILE = "luxbus.config.json"

/** Values from one place, by key, nested as in the file. */
export interface ConfigSource {
  /** Where the value of a key came from, for people. */
  readonly origin: (key: string) => string
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Reads the configuration file.
 * @param file its path; default: {@link CONFIG_FILE} in `directory`, which may be absent
 * @throws BusError `invalid_argument` when a named file is absent, or a file is no JSON object
 */
export async function fileSource(file: string | undefined, directory: string): Promise<ConfigSource> {
  const name = file ?? CONFIG_FILE
  const text = await readOptional(resolve(directory, name), file !== undefined)
  const values = text === undefined ? {} : parseFile(text, name)
  return { values, origin: () => name }
}

async function readOptional(path: string, wanted: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    const absent = cause instanceof Error && "code" in cause && cause.code === "ENOENT"
    if (absent && !wanted) return undefined
    const problem = absent ? "does not exist" : "cannot be read"
    throw new BusError("invalid_argument", `the configuration file ${path} ${problem}`, { cause })
  }
}

function parseFile(text: string, name: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "unreadable"
    throw new BusError("invalid_argument", `${name} is not JSON: ${problem}`, { cause })
  }
  if (!isJsonObject(value)) throw new BusError("invalid_argument", `${name} holds no JSON object`)
  return value
}

/** Reads the settings that the environment names. */
export function environmentSource(environment: Readonly<Record<string, string | undefined>>): ConfigSource {
  const values: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const text = environment[setting.variable]
    if (text !== undefined) put(values, setting.key, parseSetting(setting, text))
  }
  return { values, origin: (key) => `the environment variable ${settingOf(key)?.variable}` }
}

/** Variables of the command line's clients, which share the prefix. */
const CLIENT_VARIABLES = ["LUXBUS_URL", "LUXBUS_TOKEN"]

/**
 * Variables that look like a mistyped setting. Other unknown ones are left alone: platforms inject their own
 * (Kubernetes sets `LUXBUS_SERVICE_HOST` for a service named luxbus).
 */
export function mistypedVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = SETTINGS.map((setting) => setting.variable)
  return Object.keys(environment)
    .filter((name) => name.startsWith("LUXBUS_") && !known.includes(name) && !CLIENT_VARIABLES.includes(name))
    .flatMap((name) => {
      const meant = nearestName(
        name.slice("LUXBUS_".length),
        known.map((other) => other.slice("LUXBUS_".length)),
      )
      return meant === undefined
        ? []
        : [`${name} (an environment variable) is no setting; did you mean LUXBUS_${meant}?`]
    })
}

/**
 * Takes what the command line said, by setting's flag: text, or true for a flag without a value.
 */
export function flagSource(flags: Readonly<Record<string, string | boolean | undefined>>): ConfigSource {
  const values: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const value = flags[setting.flag]
    if (value !== undefined) put(values, setting.key, typeof value === "string" ? parseSetting(setting, value) : value)
  }
  return { values, origin: (key) => `--${settingOf(key)?.flag}` }
}

function settingOf(key: string) {
  return SETTINGS.find((setting) => key === setting.key || key.startsWith(`${setting.key}.`))
}

function put(values: Record<string, unknown>, key: string, value: unknown): void {
  const [head = "", ...rest] = key.split(".")
  if (rest.length === 0) {
    values[head] = value
    return
  }
  const nested: Record<string, unknown> = { ...(isJsonObject(values[head]) ? values[head] : {}) }
  put(nested, rest.join("."), value)
  values[head] = nested
}
