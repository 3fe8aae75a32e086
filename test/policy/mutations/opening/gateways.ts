/** Weakened Gateways. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, type Mutation, type Props } from "../model";
import { drop, everywhere, put } from "./edit";

const isMutual = (tls: Props) => tls["mode"] === "MUTUAL";

/** Gateways' EnvoyFilters that accept clients without a host. */
export function ofOldClients(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "EnvoyFilter") return [];
    return everywhere("filter: HTTP/1.0 without a host", resource, "spec.configPatches.*", (patch) => {
        if (patch["applyTo"] !== "NETWORK_FILTER") return false;
        const { value } = patch["patch"] as { value: { typed_config: Props } };
        value.typed_config["httpProtocolOptions"] = { acceptHttp10: true, defaultHostForHttp10: "a.example" };
        return true;
    });
}

export function ofGateways(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "Gateway") return [];
    return [
        ...everywhere(
            "gateway: redirect dropped",
            resource,
            "spec.servers.*",
            (server) => JSON.stringify(server).includes("httpsRedirect") && drop("tls")(server),
        ),
        ...everywhere(
            "gateway: redirect off",
            resource,
            "spec.servers.*.tls",
            (tls) => "httpsRedirect" in tls && put("httpsRedirect", false)(tls),
        ),
        ...everywhere(
            "gateway: TLS dropped",
            resource,
            "spec.servers.*",
            (server) => !JSON.stringify(server).includes("httpsRedirect") && drop("tls")(server),
        ),
        ...everywhere(
            "gateway: a port of HTTPS as one of HTTP, with TLS settings",
            resource,
            "spec.servers.*",
            (server) => {
                const port = server["port"] as Props;
                return port["protocol"] === "HTTPS" && put("protocol", "HTTP")(port);
            },
        ),
        ...everywhere(
            "gateway: a redirect on a port of HTTPS, which serves it",
            resource,
            "spec.servers.*",
            (server) => {
                const port = server["port"] as Props;
                return port["protocol"] === "HTTPS" && put("tls", { httpsRedirect: true })(server);
            },
        ),
        ...everywhere(
            "gateway: TLS minimum dropped",
            resource,
            "spec.servers.*.tls",
            drop("minProtocolVersion"),
        ),
        ...everywhere(
            "gateway: TLS minimum to 1.0",
            resource,
            "spec.servers.*.tls",
            put("minProtocolVersion", "TLSV1_0", Boolean),
        ),
        ...everywhere(
            "gateway: TLS minimum to the default",
            resource,
            "spec.servers.*.tls",
            put("minProtocolVersion", "TLS_AUTO", Boolean),
        ),
        ...everywhere("gateway: a weak cipher suite", resource, "spec.servers.*.tls", (tls) => {
            if (!Array.isArray(tls["cipherSuites"])) return false;
            tls["cipherSuites"] = [...(tls["cipherSuites"] as string[]), "AES128-SHA"];
            return true;
        }),
        ...everywhere("gateway: key from a file", resource, "spec.servers.*.tls", (tls) => {
            if (!drop("credentialName")(tls)) return false;
            tls["privateKey"] = "/etc/key.pem";
            return true;
        }),
        ...everywhere(
            "gateway: AUTO_PASSTHROUGH",
            resource,
            "spec.servers.*.tls",
            (tls) => "mode" in tls && put("mode", "AUTO_PASSTHROUGH")(tls),
        ),
        ...["SIMPLE", "OPTIONAL_MUTUAL"].flatMap((mode) =>
            everywhere(
                `gateway: client certificates, as ${mode}`,
                resource,
                "spec.servers.*.tls",
                (tls) => isMutual(tls) && put("mode", mode)(tls),
            ),
        ),
        ...everywhere(
            "gateway: client certificates of any issuer",
            resource,
            "spec.servers.*.tls",
            (tls) => isMutual(tls) && put("insecureSkipVerify", true)(tls),
        ),
        ...everywhere(
            "gateway: client certificates of another CA",
            resource,
            "spec.servers.*.tls",
            (tls) => isMutual(tls) && put("caCertCredentialName", "istio-ca-cacert")(tls),
        ),
        ...everywhere("gateway: any host", resource, "spec.servers.*", put("hosts", ["*"])),
        ...everywhere("gateway: a host of any namespace", resource, "spec.servers.*", (server) => {
            const hosts = server["hosts"] as string[];
            if (!hosts.some((host) => host.includes("/"))) return false;
            server["hosts"] = hosts.map((host) => host.replace(/^[^/]+\//, ""));
            return true;
        }),
        ...everywhere("gateway: selector dropped", resource, "spec", drop("selector")),
        ...everywhere("gateway: plain TCP added", resource, "spec", (spec) => {
            spec["servers"] = [
                ...(spec["servers"] as unknown[]),
                { port: { number: 9000, name: "tcp", protocol: "TCP" }, hosts: ["sparc/x.example.com"] },
            ];
            return true;
        }),
    ];
}
