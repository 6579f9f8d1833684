import ts from "typescript"

/** `test`, `it`, `describe`, `suite`, and what a suite builds upon them: `linkTest`. */
const TEST_FUNCTION = /^(test|it|describe|suite)$|Test$/
const NOT_RUN = new Set(["skip", "todo"])

/**
 * The titles of the tests and groups in a test file, as they stand in its source: parsed, not searched, so that a test
 * which is commented out, skipped or only planned does not count. Conformance suites that take their test function as
 * a parameter (`tools.test("…", …)`) count like any other.
 * @param {string} source
 * @returns {ReadonlySet<string>}
 */
export function testTitles(source) {
  /** @type {Set<string>} */
  const titles = new Set()
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const callee = calleeNames(node)
      if (callee.some((name) => NOT_RUN.has(name))) return
      const title = node.arguments[0]
      if (title !== undefined && ts.isStringLiteralLike(title) && isTestFunction(callee)) titles.add(title.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest))
  return titles
}

/**
 * Whether a call's first argument is the title of a test or a group.
 * @param {readonly string[]} callee see {@link calleeNames}
 */
export function isTestFunction(callee) {
  return callee.some((name) => TEST_FUNCTION.test(name))
}

/**
 * The names in what is called: `test.each(rows)("…")` gives `each` and `test`.
 * @param {ts.CallExpression} call
 * @returns {readonly string[]}
 */
export function calleeNames(call) {
  /** @type {string[]} */
  const names = []
  /** @type {ts.Expression} */
  let node = call.expression
  for (;;) {
    if (ts.isIdentifier(node)) return [...names, node.text]
    if (ts.isPropertyAccessExpression(node)) names.push(node.name.text)
    if (!ts.isPropertyAccessExpression(node) && !ts.isCallExpression(node)) return names
    node = node.expression
  }
}
