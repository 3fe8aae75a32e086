/**
 * Writes `policy/schema/mesh-config.json`: the fields and enumerations of MeshConfig and ProxyConfig, with both names of each
 * in protobuf's JSON mapping, from the Go types of the pinned Istio API. Run by `npm run generate:mesh-schema` after a version
 * change. The result is committed, so that the pack does not need the toolchain.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Field {
    /** The name in the .proto file, if it differs from the JSON name. */
    proto?: string;
    /** A message or an enumeration of this schema. */
    type?: string;
    /** Whether it is a map with values of `type`. */
    map?: true;
}

const ROOTS = ["MeshConfig", "ProxyConfig"];
const FILES = [
    "mesh/v1alpha1/config.pb.go",
    "mesh/v1alpha1/proxy.pb.go",
    "networking/v1alpha3/destination_rule.pb.go",
    "networking/v1alpha3/virtual_service.pb.go",
    "networking/v1alpha3/workload_entry.pb.go",
];

function apiFolder(): string {
    const list = ["list", "-m", "-f", "{{.Dir}}", "istio.io/api"];
    const cwd = join(__dirname, "..", "local", "toolchain", "go", "istio");
    return execFileSync("go", list, { cwd }).toString().trim();
}

/** Parses `[]*pkg.Name`, `map[string]*Name`, `Name`: the type's name, and whether it is a map. */
function typeOf(go: string): { readonly name: string; readonly map: boolean } {
    const map = /^map\[\w+\]/.test(go);
    return { name: go.replace(/^(map\[\w+\]|\[\])*\*?/, "").replace(/^\w+\./, ""), map };
}

function main(): void {
    const folder = apiFolder();
    const sources = FILES.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
    const messages: Record<string, Record<string, Field>> = {};
    const enums: Record<string, Record<string, string>> = {};

    const enumOf = (name: string): boolean => {
        const body = new RegExp(`^\\t${name}_name = map\\[int32\\]string\\{\\n([^]*?)^\\t\\}`, "m").exec(
            sources,
        )?.[1];
        if (body === undefined) return false;
        enums[name] = Object.fromEntries(
            [...body.matchAll(/^\t\t(-?\d+):\s+"(\w+)"/gm)].map(([, number = "", word = ""]) => [
                number,
                word,
            ]),
        );
        return true;
    };
    const structOf = (name: string): string | undefined =>
        new RegExp(`^type ${name} struct \\{\\n([^]*?)^\\}`, "m").exec(sources)?.[1];
    const fieldsIn = (body: string): Record<string, Field> => {
        const fields: Record<string, Field> = {};
        for (const [, go = "", tag = ""] of body.matchAll(/^\t\w+\s+(\S+)\s+`protobuf:"([^"]*)"/gm)) {
            const proto = /name=(\w+)/.exec(tag)?.[1] ?? "";
            const json = /json=(\w+)/.exec(tag)?.[1] ?? proto;
            const { name, map } = typeOf(go);
            const known = collect(name) || name in enums || enumOf(name);
            fields[json] = {
                ...(proto === json ? {} : { proto }),
                ...(known ? { type: name } : {}),
                ...(known && map ? { map: true } : {}),
            };
        }
        for (const [, oneof = ""] of body.matchAll(/^\t\w+\s+(is\w+)\s+`protobuf_oneof/gm)) {
            for (const [, wrapper = ""] of sources.matchAll(
                new RegExp(`^func \\(\\*(\\w+)\\) ${oneof}\\(\\)`, "gm"),
            ))
                Object.assign(fields, fieldsIn(structOf(wrapper) ?? ""));
        }
        return fields;
    };
    const collect = (name: string): boolean => {
        if (name in messages) return true;
        const body = structOf(name);
        if (body?.includes("protoimpl.MessageState") !== true) return false;
        messages[name] = {};
        messages[name] = fieldsIn(body);
        return true;
    };
    for (const root of ROOTS) if (!collect(root)) throw new Error(`${folder} has no message ${root}`);

    const out = join(__dirname, "..", "policy", "schema");
    mkdirSync(out, { recursive: true });
    const schema = { messages: sorted(messages), enums: sorted(enums) };
    writeFileSync(join(out, "mesh-config.json"), `${JSON.stringify(schema, undefined, 2)}\n`);
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
    return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

main();
