import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { canonical } from "../../core/hosts";
import { list, numberAt, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";
import { fields } from "../../core/read";

export const externalTls = stackRule<WithExceptions>({
    name: "egress-external-tls",
    area: "egress",
    title: "What leaves the mesh leaves in TLS",
    severity: "high",
    why: "requests in plain text over the Internet are read and changed by whoever carries them",
    remedy: "Declare the port as TLS or HTTPS, or have a DestinationRule of mode SIMPLE for it (TLS origination).",
    judges: ["networking.istio.io/ServiceEntry", "networking.istio.io/DestinationRule"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 443 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api, namespace: shop }
spec: { host: api.example.com, exportTo: ["."], trafficPolicy: { tls: { mode: SIMPLE, subjectAltNames: [api.example.com] } } }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("networking.istio.io/ServiceEntry"), function* (subject) {
            // Outside is what Istio takes it for where nothing is said.
            if ((textAt(subject.spec, "location") ?? "MESH_EXTERNAL") !== "MESH_EXTERNAL") return;
            for (const port of list(subject.spec["ports"])) {
                const number = numberAt(port, "number") ?? 0;
                const protocol = (textAt(port, "protocol") ?? "TCP").toUpperCase();
                if (protocol === "TLS" || protocol === "HTTPS" || isExcepted(config, subject, number))
                    continue;
                for (const host of texts(subject.spec["hosts"])) {
                    if (originates(world, host, number)) continue;
                    yield {
                        subject,
                        wrong: `port ${number} of ${host} is ${protocol}, and no DestinationRule makes TLS of it`,
                        fix: `declare the port as TLS if the client speaks it, or add a DestinationRule for ${host} with tls mode SIMPLE on port ${number}.`,
                    };
                }
            }
        });
    },
});

function originates(world: World, host: string, port: number): boolean {
    return world
        .all("networking.istio.io/DestinationRule")
        .filter(({ spec, namespace }) => canonical(textAt(spec, "host") ?? "", namespace) === host)
        .some((rule) => ["SIMPLE", "MUTUAL"].includes(modeAt(rule, port)));
}

function modeAt({ spec }: Subject, port: number): string {
    const policy = fields(spec["trafficPolicy"]);
    const own = list(policy["portLevelSettings"]).find(
        (settings) => numberAt(settings, "port", "number") === port,
    );
    return textAt(own ?? policy, "tls", "mode") ?? "";
}
