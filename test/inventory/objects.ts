/** Objects as Consul returns them, and the draft of them. */
import assert from "node:assert/strict";
import { checkCatalogue } from "../../catalogue/check";
import { translate, type Translation } from "../../cli/inventory/consul/translate";
import type { Item, ReadObject } from "../../cli/inventory/model";

export function object(kind: string, name: string, data: object): ReadObject {
    return { kind, name, datacenter: "dc1", data: { ...data } };
}

export function registered(name: string, port: number): ReadObject[] {
    return [
        object("service", name, { Name: name, Tags: [] }),
        object("instance", `n/${name}`, {
            ID: name,
            Service: name,
            Node: "n",
            NodeAddress: "10.0.0.1",
            Port: port,
        }),
        object("service-defaults", name, { Kind: "service-defaults", Name: name, Protocol: "http" }),
    ];
}

export function allow(destination: string, ...sources: object[]): ReadObject {
    return object("service-intentions", destination, {
        Kind: "service-intentions",
        Name: destination,
        Sources: sources,
    });
}

export function source(Name: string, more: object = { Action: "allow" }): object {
    return { Name, Precedence: Name === "*" ? 8 : 9, Type: "consul", ...more };
}

export function permission(Action: string, HTTP: object): object {
    return { Action, HTTP };
}

export function sidecar(service: string, ...upstreams: string[]): ReadObject[] {
    const Upstreams = upstreams.map((DestinationName) => ({ DestinationName, LocalBindPort: 9000 }));
    const Proxy = { DestinationServiceName: service, Upstreams };
    return [
        object("instance", `n/${service}-proxy`, {
            ID: `${service}-proxy`,
            Service: `${service}-proxy`,
            Kind: "connect-proxy",
            Node: "n",
            Port: 1,
            Proxy,
        }),
    ];
}

export function draft(
    objects: readonly ReadObject[],
    policy: "allow" | "deny" | "unknown" = "deny",
): Translation {
    const isAllowedByDefault = policy === "unknown" ? undefined : policy === "allow";
    const translation = translate({
        datacenters: ["dc1"],
        objects,
        unread: [],
        notes: [],
        isAllowedByDefault,
    });
    assert.deepEqual(checkCatalogue(translation.catalogue), []);
    return translation;
}

export function itemOf({ items }: Translation, kind: string, name: string, field: string): Item {
    const [item] = items.filter(
        (one) => one.kind === kind && one.object === name && one.fields.includes(field),
    );
    assert.ok(item, `${kind} ${name} ${field}`);
    return item;
}

export function requests({ catalogue }: Translation, caller: string): string[] {
    return (catalogue.services[caller]?.calls ?? []).flatMap(({ to, requests: all = [] }) =>
        all.map((one) => `${to} ${one}`),
    );
}

export const THREE = [
    ...registered("web", 8000),
    ...registered("users", 8080),
    ...registered("billing", 9000),
];
