/** A value that is known only after the update is reported for its object, and does not hide violations of other objects. */
import assert from "node:assert/strict";
import { lazyCopy } from "../../policy/core/read";
import { type EngineResource } from "../../policy/core/subject";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

type Props = Record<string, unknown>;

/** `props` with an unknown value at `path`: the SDK's proxy throws when it is read. */
function withUnknown(props: Props, [key = "", ...rest]: readonly string[]): Props {
    const copy = (Array.isArray(props) ? [...(props as unknown[])] : { ...props }) as Props;
    if (rest.length > 0) {
        copy[key] = withUnknown(copy[key] as Props, rest);
        return copy;
    }
    Object.defineProperty(copy, key, {
        enumerable: true,
        get: () => {
            throw new Error("unknown");
        },
    });
    return copy;
}

function pathsOf(value: unknown, prefix: readonly string[] = []): readonly (readonly string[])[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [
        [...prefix, key],
        ...pathsOf(inner, [...prefix, key]),
    ]);
}

/** The same objects with other names in another namespace, each time with one unknown field. */
function withUnknownField(
    resources: readonly EngineResource[],
): { field: string; resource: EngineResource }[] {
    return resources.flatMap((resource) => {
        const props = structuredClone(resource.props) as Props;
        const metadata = props["metadata"] as Props | undefined;
        if (metadata !== undefined) {
            metadata["name"] = `${String(metadata["name"])}-elsewhere`;
            if ("namespace" in metadata) metadata["namespace"] = "elsewhere";
        }
        const urn = `${resource.urn}-elsewhere`;
        return pathsOf(props)
            .filter(([key]) => key !== "apiVersion" && key !== "kind")
            .map((path) => ({
                field: path.join("."),
                resource: { ...resource, urn, props: lazyCopy(withUnknown(props, path), urn) },
            }));
    });
}

const CONFIG: Readonly<Record<string, object>> = {
    "delivery-manual-approval": { critical: ["critical/payments"] },
};

/** The fields that decide an object's scope. AWS has no namespaces; a gateway's pods may be in any if a stack has none. */
function scopePaths(rule: string, { type, urn }: EngineResource): RegExp {
    if (type.startsWith("aws:")) return /./;
    if (rule === "injection-revisions") return /^metadata|^spec|namespace/;
    const mayBeAtGateway = rule === "access-exposed-hosts" && urn.includes("AuthorizationPolicy");
    const mayLeadOut = rule === "egress-through-gateway" && urn.includes("VirtualService");
    return mayBeAtGateway || mayLeadOut ? /namespace|^metadata$|^spec/ : /namespace|^metadata$/;
}

describe("a value that is known only after the update", () => {
    for (const rule of RULES) {
        it(`${rule.name}: does not hide violations of other objects, and is not a violation`, () => {
            const config = CONFIG[rule.name] ?? {};
            const stack = fromYaml(rule.examples.noncompliant);
            const expected = findings(rule, stack, config).map(({ subject, problem }) => [
                subject?.key,
                problem,
            ]);
            for (const { field, resource } of withUnknownField(stack)) {
                const violations = findings(rule, [resource, ...stack], config);
                const known = violations.filter(({ unknown }) => unknown !== true);
                assert.deepEqual(
                    violations.filter(({ problem }) => problem.includes("the policy threw an error")),
                    [],
                );
                for (const [key, problem] of expected) {
                    const stays = known.some((one) => one.subject?.key === key && one.problem === problem);
                    // An object of unknown scope may be the one that another object requires.
                    const mayBeMissing =
                        scopePaths(rule.name, resource).test(field) &&
                        violations.some(({ unknown }) => unknown);
                    assert.ok(
                        stays || mayBeMissing,
                        `${resource.urn}: ${field} unknown hides: ${String(key)}: ${String(problem)}`,
                    );
                }
            }
        });
    }

    it("in a Namespace's label hides neither the other labels nor the rest of the stack", () => {
        const [namespace, policy] = fromYaml(`
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled, team: x } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: open, namespace: shop }
spec: { podSelector: {}, ingress: [{}] }
`) as [EngineResource, EngineResource];
        const props = withUnknown(namespace.props as Props, ["metadata", "labels", "team"]);
        const stack = [{ ...namespace, props: lazyCopy(props, namespace.urn) }, policy];
        const violations = RULES.flatMap((rule) =>
            findings(rule, stack, {}).map(({ unknown }) => [rule.name, unknown]),
        );
        for (const name of [
            "access-deny-all",
            "network-deny-all",
            "network-least-privilege",
            "identity-mesh-strict",
        ])
            assert.deepEqual(
                violations.filter(([rule]) => rule === name),
                [[name, undefined]],
            );
        assert.ok(!violations.some(([name]) => name === "injection-namespaces"));
    });

    it("as the namespace of an object that another namespace requires is reported, and is not a violation", () => {
        const [namespace, policy] = fromYaml(`
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`) as [EngineResource, EngineResource];
        const props = withUnknown(policy.props as Props, ["metadata", "namespace"]);
        const rule = RULES.find(({ name }) => name === "access-deny-all")!;
        const violations = findings(rule, [namespace, { ...policy, props: lazyCopy(props, policy.urn) }]);
        assert.deepEqual(
            violations.map(({ subject, unknown }) => [subject?.key, unknown]),
            [["Namespace/shop", true]],
        );
        assert.match(
            violations[0]?.problem ?? "",
            /^metadata\.namespace of x AuthorizationPolicy-shop-deny-all is unknown until the update/,
        );
    });

    it("in a control plane's values is reported separately, and so is a mesh ConfigMap with invalid YAML", () => {
        const namespace = fromYaml(
            "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n",
        );
        const values = withUnknown({ chart: "istiod", name: "istiod", namespace: "istio-system" }, [
            "values",
        ]);
        const urn = "urn:pulumi:test::test::kubernetes:helm.sh/v3:Release::istiod";
        const release = {
            urn,
            type: "kubernetes:helm.sh/v3:Release",
            name: "istiod",
            props: lazyCopy(values, urn),
        };
        const broken = fromYaml(
            'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istio-x, namespace: shop }\ndata: { mesh: "a: [b" }\n',
        );
        const messagesOf = (rule: string, stack: readonly EngineResource[]): (string | undefined)[][] =>
            findings(
                RULES.find(({ name }) => name === rule)!,
                stack,
            ).map(({ subject, problem, unknown }) => [subject?.key, unknown === true ? "advice" : problem]);
        assert.deepEqual(messagesOf("egress-registry-only", [release, ...namespace]), [
            ["istio-system/Release/istiod", "advice"],
        ]);
        assert.ok(
            messagesOf("access-deny-all", [release, ...namespace]).some(([key]) => key === "Namespace/shop"),
        );
        const [[key, problem]] = messagesOf("egress-registry-only", broken) as [[string, string]];
        assert.equal(key, "shop/ConfigMap/istio-x");
        assert.match(problem, /^data\.mesh cannot be parsed: .+, so the object cannot be evaluated$/);
        assert.ok(
            messagesOf("access-deny-all", [...broken, ...namespace]).some(
                ([name]) => name === "Namespace/shop",
            ),
        );
    });
});
