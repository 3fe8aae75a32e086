/** Parsed CEL expressions: Envoy does not accept CEL as text. */
export type Expression = Record<string, unknown>;

export function member(object: string, field: string): Expression {
    return { select_expr: { operand: { ident_expr: { name: object } }, field } };
}

export function at(map: Expression, key: string): Expression {
    return { call_expr: { function: "_[_]", args: [map, { const_expr: { string_value: key } }] } };
}

export function equal(a: Expression, b: Expression): Expression {
    return { call_expr: { function: "_==_", args: [a, b] } };
}

export function both(a: Expression, b: Expression): Expression {
    return { call_expr: { function: "_&&_", args: [a, b] } };
}

export function either(a: Expression, b: Expression): Expression {
    return { call_expr: { function: "_||_", args: [a, b] } };
}

/** Whether an integer exceeds another. */
export function greater(a: Expression, b: number): Expression {
    return { call_expr: { function: "_>_", args: [a, { const_expr: { int64_value: b } }] } };
}

export function size(map: Expression): Expression {
    return { call_expr: { function: "size", args: [map] } };
}

export function not(a: Expression): Expression {
    return { call_expr: { function: "!_", args: [a] } };
}

/** Whether a map has the key. Looking up a missing key is an error, and a condition with an error never matches. */
export function has(map: Expression, key: string): Expression {
    return { call_expr: { function: "@in", args: [{ const_expr: { string_value: key } }, map] } };
}
