/**
 * What a contributor is told to type, in order.
 * @typedef {{ readonly commands: readonly string[], readonly changeset: string }} WalkThrough
 */

const SECTION = /^## One change to one package$([\s\S]*?)(?=^## )/m
/** A block in a list is indented as its item is. */
const BLOCK = /^( *)```(\w+)\n([\s\S]*?)^\1```$/gm
/** It runs all of CI: this check is part of it. */
const WHOLE_CI = ".ci/run"

/**
 * Reads CONTRIBUTING.md: the commands of its introduction and of its walk-through, without comments, and the changeset
 * that the walk-through shows.
 * @param {string} markdown
 * @returns {WalkThrough}
 * @throws Error where one of them is missing
 */
export function readWalkThrough(markdown) {
  const [introduction = ""] = markdown.split(/^## /m, 1)
  const section = SECTION.exec(markdown)?.[1] ?? ""
  const commands = [...blocks(introduction, "sh"), ...blocks(section, "sh")]
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/\s+# .*$/, "").trim())
    .filter((line) => line !== "" && line !== WHOLE_CI)
  const [changeset] = blocks(section, "md")
  if (commands.length === 0) throw new Error("CONTRIBUTING.md tells no commands")
  if (changeset === undefined) throw new Error("CONTRIBUTING.md shows no changeset")
  return { commands, changeset }
}

/**
 * The scripts that a text names as `pn <script>` or `pn run <script>`.
 * @param {string} markdown
 * @returns {ReadonlySet<string>}
 */
export function namedScripts(markdown) {
  return new Set([...markdown.matchAll(/`pn (?:run )?([a-z][\w:-]*)`/g)].map(([, script]) => script ?? ""))
}

/**
 * @param {string} markdown
 * @param {string} language
 * @returns {readonly string[]}
 */
function blocks(markdown, language) {
  return [...markdown.matchAll(BLOCK)]
    .filter(([, , of]) => of === language)
    .map(([, indent = "", , text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""))
}
