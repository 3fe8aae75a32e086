/** The protocol of a service: Consul's default is TCP, so that health checks are better evidence than no setting at all. */
import type { Context } from "./context";
import { textAt } from "./data";

export interface ServiceProtocol {
    /** `http`, `http2`, `grpc` or `tcp`. */
    readonly protocol: string;
    readonly from: "service-defaults" | "proxy-defaults" | "check" | "default";
}

/** The service's own setting, the global one, its health checks, or TCP. */
export function protocolOf(context: Context, service: string): ServiceProtocol {
    const setting = textAt(context.get("service-defaults", service)?.object.data, "Protocol");
    if (setting !== "") return { protocol: setting.toLowerCase(), from: "service-defaults" };
    const config = context.get("proxy-defaults", "global")?.object.data["Config"];
    const global = textAt(config, "protocol");
    if (global !== "") return { protocol: global.toLowerCase(), from: "proxy-defaults" };
    const types = new Set(checkTypes(context, service));
    if (types.has("grpc")) return { protocol: "grpc", from: "check" };
    if (types.has("http")) return { protocol: "http", from: "check" };
    return { protocol: "tcp", from: "default" };
}

const typesOf = new WeakMap<Context, ReadonlyMap<string, readonly string[]>>();

function checkTypes(context: Context, service: string): readonly string[] {
    let types = typesOf.get(context);
    if (types === undefined) {
        const all = new Map<string, string[]>();
        for (const { object } of context.of("check")) {
            const of = textAt(object.data, "ServiceName");
            const known = all.get(of);
            if (known === undefined) all.set(of, [textAt(object.data, "Type")]);
            else known.push(textAt(object.data, "Type"));
        }
        types = all;
        typesOf.set(context, types);
    }
    return types.get(service) ?? [];
}
