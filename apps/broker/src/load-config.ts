import { BusError, isJsonObject } from "@luxbus/packet"
import type { z } from "zod"
import { type BrokerConfig, configSchema } from "./config-schema.ts"
import { type ConfigSource, environmentSource, fileSource, flagSource, mistypedVariables } from "./config-sources.ts"
import { nearestName } from "./nearest-name.ts"
import { SETTINGS } from "./settings.ts"

/** Where {@link loadConfig} looks. */
export interface ConfigInput {
  /** The configuration file. Default: `luxbus.config.json` in `directory`, if it is there. */
  readonly file?: string | undefined
  /** The environment, usually `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** By flag without dashes: `{ port: "0", insecure: true }`. Default: none. */
  readonly flags?: Readonly<Record<string, string | boolean | undefined>>
  /** Default: the working directory. */
  readonly directory?: string
}

/**
 * Loads the configuration: flags before the environment, before the file, before defaults.
 * @throws BusError `invalid_argument` with one line per fault, each naming the key, where its value came from, the
 * value and what was expected
 */
export async function loadConfig(input: ConfigInput): Promise<BrokerConfig> {
  const sources = [
    flagSource(input.flags ?? {}),
    environmentSource(input.env),
    await fileSource(input.file, input.directory ?? process.cwd()),
  ]
  const values = sources.reduceRight<Readonly<Record<string, unknown>>>(
    (merged, source) => merge(merged, source.values),
    {},
  )
  const parsed = configSchema.safeParse(values)
  const faults = [
    ...mistypedVariables(input.env),
    ...(parsed.error?.issues ?? []).flatMap((issue) => explain(issue, values, sources)),
  ]
  if (parsed.success && faults.length === 0) return parsed.data
  throw new BusError("invalid_argument", ["the configuration is not valid:", ...faults].join("\n  "))
}

/** The key `auth.tokens` is one value: a place that names tokens replaces the ones of a weaker place. */
const WHOLE_KEYS: readonly string[] = SETTINGS.filter((setting) => setting.kind === "map").map((s) => s.key)

function merge(
  weak: Readonly<Record<string, unknown>>,
  strong: Readonly<Record<string, unknown>>,
  prefix = "",
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...weak }
  for (const [name, value] of Object.entries(strong)) {
    const below = weak[name]
    const nested = isJsonObject(below) && isJsonObject(value) && !WHOLE_KEYS.includes(prefix + name)
    merged[name] = nested ? merge(below, value, `${prefix}${name}.`) : value
  }
  return merged
}

function explain(
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, unknown>>,
  sources: readonly ConfigSource[],
): readonly string[] {
  const path = issue.path.map(String)
  const whole = WHOLE_KEYS.find((key) => path.length > key.split(".").length && path.join(".").startsWith(`${key}.`))
  if (whole !== undefined && issue.code !== "invalid_key") return [explainEntry(whole, issue, originOf(whole, sources))]
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => explainUnknown([...path, name].join("."), sources))
  const setting = SETTINGS.find(({ key }) => path.join(".") === key || path.join(".").startsWith(`${key}.`))
  const key = setting?.key ?? path.join(".")
  const expected = setting?.expected ?? "an object of settings"
  return [`${key} (from ${originOf(key, sources)}) is ${show(key, lookUp(values, key))}: expected ${expected}`]
}

/** A fault within one entry of a map. Its value is not shown, and of its key only the beginning: either may be a token. */
function explainEntry(key: string, issue: z.core.$ZodIssue, origin: string): string {
  const [entry = "", ...members] = issue.path.slice(key.split(".").length).map(String)
  const { path, message } = innermost(issue)
  const at = [...members, ...path.map(String)].map((member) => `.${member}`).join("")
  return `${key} (from ${origin}): the entry ${entry.slice(0, 6)}…${at} is wrong: expected ${message}`
}

/** Of a value that fits none of several forms: what is wrong with it as the last, which says the most. */
function innermost(issue: z.core.$ZodIssue): Pick<z.core.$ZodIssue, "path" | "message"> {
  const inner = issue.code === "invalid_union" ? issue.errors.at(-1)?.[0] : undefined
  return inner ?? { path: [], message: issue.message }
}

function explainUnknown(key: string, sources: readonly ConfigSource[]): string {
  const meant =
    nearestName(
      key,
      SETTINGS.map((setting) => setting.key),
    ) ?? sameLeaf(key)
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`
  return `${key} (from ${originOf(key, sources)}) is no setting${hint}`
}

/** Finds `limits.ringBytes` for a `ringBytes` that stands in the wrong place. */
function sameLeaf(key: string): string | undefined {
  const leafOf = (name: string) => name.slice(name.lastIndexOf(".") + 1)
  const leaf = nearestName(
    leafOf(key),
    SETTINGS.map((setting) => leafOf(setting.key)),
  )
  return SETTINGS.find((setting) => leafOf(setting.key) === leaf)?.key
}

function originOf(key: string, sources: readonly ConfigSource[]): string {
  return sources.find((source) => lookUp(source.values, key) !== undefined)?.origin(key) ?? "the configuration"
}

function lookUp(values: unknown, key: string): unknown {
  return key.split(".").reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), values)
}

/** A token that was put where its hash belongs must not reach a log. */
function show(key: string, value: unknown): string {
  return WHOLE_KEYS.includes(key) && isJsonObject(value)
    ? `an object with the keys ${Object.keys(value)
        .map((name) => `${name.slice(0, 6)}…`)
        .join(", ")}`
    : (JSON.stringify(value) ?? "absent")
}
