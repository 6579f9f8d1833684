import ts from "typescript"
import { calleeNames, isTestFunction } from "./test-titles.js"

const EXPECTS = /\bexpect/
/** `code`, `codes`, `codeOf`, `expectCode`; not `decode`, `codec`, `Codec`. */
const SPEAKS_OF_CODE = /\bcodes?(?![a-z])|Codes?(?![a-z])/

/**
 * The error codes that a test file provokes. The rule, simple on purpose: a code counts where it stands as a string
 * literal in a statement that expects something and speaks of a `code` (`expect(error.code).toBe("timeout")`,
 * `expect(read).toThrow(expect.objectContaining({ code: "timeout" }))`, `await expectCode("timeout", …)`). A title, a
 * comment and the argument of `new BusError(…)` do not count: they assert nothing.
 * @param {string} source
 * @param {ReadonlySet<string>} codes the closed list
 * @returns {ReadonlySet<string>}
 */
export function provokedCodes(source, codes) {
  /** @type {Set<string>} */
  const provoked = new Set()
  const file = ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest, true)
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (isNewBusError(node, file)) return
    if (ts.isStringLiteralLike(node) && codes.has(node.text) && !isTitle(node) && isAsserted(node, file))
      provoked.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return provoked
}

/**
 * The error codes that a source file raises: those that it makes a `BusError` of.
 * @param {string} source
 * @returns {ReadonlySet<string>}
 */
export function raisedCodes(source) {
  /** @type {Set<string>} */
  const raised = new Set()
  const file = ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true)
  /** @param {ts.Node} node */
  const visit = (node) => {
    const code = isNewBusError(node, file) ? node.arguments?.[0] : undefined
    if (code !== undefined && ts.isStringLiteralLike(code)) raised.add(code.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return raised
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} file
 * @returns {node is ts.NewExpression}
 */
function isNewBusError(node, file) {
  return ts.isNewExpression(node) && node.expression.getText(file) === "BusError"
}

/** @param {ts.Node} node */
function isTitle(node) {
  const call = node.parent
  return ts.isCallExpression(call) && call.arguments[0] === node && isTestFunction(calleeNames(call))
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} file
 */
function isAsserted(node, file) {
  /** @type {ts.Node} */
  let statement = node
  while (!ts.isStatement(statement) && statement.parent !== undefined) statement = statement.parent
  const text = withoutLiterals(statement.getText(file))
  return EXPECTS.test(text) && SPEAKS_OF_CODE.test(text)
}

/**
 * Text without what stands in quotes, so that "the code is …" in a literal does not speak of a code.
 * @param {string} text
 */
function withoutLiterals(text) {
  return text.replace(/"[^"\n]*"|'[^'\n]*'/g, '""')
}
