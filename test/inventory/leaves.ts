/** The fields of JSON that have a value, written apart from the program: an oracle for what a report must account for. */

/** `a.b[0]["c d"]`, without the indexes of Consul's store at the top. */
export function leavesOf(value: unknown): string[] {
    const leaves: string[] = [];
    const walk = (path: string, one: unknown): void => {
        if (one === null || one === undefined || one === "" || one === 0 || one === false) return;
        if (typeof one !== "object") {
            leaves.push(path);
            return;
        }
        const isList = Array.isArray(one);
        for (const key of Object.keys(one)) {
            if (path === "" && (key === "CreateIndex" || key === "ModifyIndex")) continue;
            const quoted = /^[A-Za-z0-9_-]+$/.test(key)
                ? path === ""
                    ? key
                    : `.${key}`
                : `["${key.replace(/["\\]/g, "\\$&")}"]`;
            walk(path + (isList ? `[${key}]` : quoted), (one as Record<string, unknown>)[key]);
        }
    };
    walk("", value);
    return leaves.sort();
}
