/** The policy pack accepts what the program makes of the example's catalogue, with exceptions that name its services. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Derived, Manifest, Release } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { message } from "../../policy/core/message";
import type { EngineResource } from "../../policy/core/subject";
import { RULES } from "../../policy/rules";
import { configOf, findings } from "../policy/support/stacks";
import { bank } from "./bank";

const CONFIG = JSON.parse(
    readFileSync(join(__dirname, "..", "..", "example", "bank", "policy.json"), "utf8"),
) as Record<string, unknown>;

function resource(type: string, name: string, props: object): EngineResource {
    return { urn: `urn:pulumi:test::test::${type}::${name}`, type, name, props: { ...props }, sources: {} };
}

function ofObject(object: Manifest): EngineResource {
    const { apiVersion, kind, metadata } = object;
    const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    const name = [metadata.namespace, metadata.name].filter((part) => part !== undefined).join("-");
    return resource(`kubernetes:${version}:${kind}`, name, object);
}

function ofRelease({ name, namespace, chart, values }: Release): EngineResource {
    const path = "path" in chart ? chart.path : name;
    return resource("kubernetes:helm.sh/v3:Release", name, { name, namespace, chart: path, values });
}

/** Policies that compare with the listing of a stack, which `npm run generate:policy-baseline` makes. */
function isOfListing(name: string): boolean {
    return name.startsWith("closed-") || name === "extensions-envoy-filters";
}

function violations({ objects, releases }: Derived): string[] {
    const resources = [...objects.map(ofObject), ...releases.map(ofRelease)];
    return RULES.filter(({ name }) => !isOfListing(name)).flatMap((rule) =>
        findings(rule, resources, configOf(rule, CONFIG)).map((finding) => message(rule, finding)),
    );
}

describe("the policy pack on the example platform", () => {
    const derived = deriveAll(bank());

    it("finds no violation", () => {
        assert.deepEqual(violations(derived), []);
    });
});
