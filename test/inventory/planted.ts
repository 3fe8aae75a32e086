/** Plants facts of every kind in a real Consul. */
import type { RunningConsul } from "../support/consul";
import { entries } from "./entries";

function service(
    Node: string,
    ID: string,
    Service: string,
    more: object = {},
    checks: readonly object[] = [],
): object {
    return {
        Node,
        Address: Node === "vm-1" ? "10.0.0.1" : Node === "vm-2" ? "10.0.0.2" : "10.0.0.3",
        Service: { ID, Service, ...more },
        Checks: checks.map((check) => ({ Node, Status: "passing", ...check })),
    };
}

/** Plants everything that FACTS mention, and nothing else. */
export async function plant(consul: RunningConsul): Promise<void> {
    const register = (body: object): Promise<unknown> => consul.put("/v1/catalog/register", body);
    const meta = { version: "2.1", team: "identity" };
    const http = { CheckID: "users-http", Name: "HTTP", ServiceID: "users-1", Type: "http" };
    await register(service("vm-1", "users-1", "users", { Port: 8080, Tags: ["blue"], Meta: meta }, [http]));
    await register(service("vm-2", "users-2", "users", { Port: 8080, Tags: ["blue"] }));
    const failing = {
        CheckID: "users-http-3",
        Name: "HTTP",
        ServiceID: "users-3",
        Type: "http",
        Status: "critical",
    };
    await register(service("vm-3", "users-3", "users", { Port: 8080, Tags: ["blue"] }, [failing]));
    const ttl = { CheckID: "web-ttl", Name: "TTL", ServiceID: "web-1", Type: "ttl", Status: "warning" };
    await register(service("vm-1", "web-1", "web", { Port: 8000 }, [ttl]));
    await register(
        service("vm-1", "web-proxy", "web-sidecar-proxy", {
            Kind: "connect-proxy",
            Port: 21000,
            Proxy: {
                DestinationServiceName: "web",
                DestinationServiceID: "web-1",
                Config: { envoy_extra_static_clusters_json: "{}" },
                Upstreams: [
                    { DestinationType: "service", DestinationName: "users", LocalBindPort: 9191 },
                    {
                        DestinationType: "service",
                        DestinationName: "audit",
                        Datacenter: "dc9",
                        LocalBindPort: 9192,
                    },
                    { DestinationType: "service", DestinationName: "native", LocalBindPort: 9193 },
                ],
            },
        }),
    );
    const grpc = { CheckID: "billing-grpc", Name: "gRPC", ServiceID: "billing-1", Type: "grpc" };
    await register(service("vm-1", "billing-1", "billing", { Port: 9090 }, [grpc]));
    const tcp = { CheckID: "cache-tcp", Name: "TCP", ServiceID: "cache-1", Type: "tcp" };
    const wan = { wan: { Address: "203.0.113.7", Port: 6379 } };
    await register(
        service(
            "vm-1",
            "cache-1",
            "cache",
            { Port: 6379, Weights: { Passing: 10, Warning: 1 }, TaggedAddresses: wan },
            [tcp],
        ),
    );
    await register(service("vm-1", "legacy-1", "Legacy_App", { Port: 9000 }));
    await register(service("vm-2", "legacy-2", "Legacy_App", { Port: 9001 }));
    await register(service("vm-3", "legacy-3", "Legacy_App", { Port: 9000 }));
    await register(service("vm-1", "worker-1", "worker"));
    await register(service("vm-1", "exporter-1", "exporter", { Port: 8081 }));
    await register(service("vm-1", "native-1", "native", { Port: 8300, Connect: { Native: true } }));
    const external = (Node: string, Address: string, Service: string, Port: number): object => ({
        Node,
        Address,
        NodeMeta: { "external-node": "true" },
        Service: { ID: Service, Service, Port },
    });
    await register(external("pay", "api.pay.example.com", "payments-api", 443));
    await register(external("host", "10.9.9.9", "mainframe", 8443));
    await register({
        Node: "vm-2",
        Address: "10.0.0.2",
        Check: { Node: "vm-2", CheckID: "disk", Name: "disk", Status: "passing" },
    });

    for (const entry of entries()) await consul.put("/v1/config", entry);
    await fetch(`${consul.url}/v1/query`, {
        method: "POST",
        body: JSON.stringify({
            Name: "near-users",
            Service: { Service: "users", Failover: { NearestN: 2 } },
        }),
    });
    await fetch(`${consul.url}/v1/peering/token`, {
        method: "POST",
        body: JSON.stringify({ PeerName: "partner" }),
    });
    await consul.put("/v1/kv/config/app", "secret-value");
    const { ID } = (await consul.put("/v1/session/create", { Name: "leader", Node: "server-dc1" })) as {
        ID: string;
    };
    await consul.put(`/v1/kv/locks/leader?acquire=${ID}`, "held");
}
